// `URL` and `URLSearchParams`; bundled only into skills that use them.

import URL from "core-js-pure/actual/url";
import URLSearchParams from "core-js-pure/actual/url-search-params";

export { URL, URLSearchParams };
