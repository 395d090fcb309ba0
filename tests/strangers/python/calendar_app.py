import datetime
import statistics
from typing import Optional

from componentize_py_types import Err


class WitWorld:
    def weekday(self, date: str) -> str:
        try:
            return datetime.date.fromisoformat(date).strftime("%A")
        except ValueError as error:
            raise Err(str(error))

    def spread(self, numbers: list[float]) -> Optional[tuple[float, float]]:
        if not numbers:
            return None
        return statistics.mean(numbers), statistics.pstdev(numbers)
