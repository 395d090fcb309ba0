// On a phone the places are a row that is longer than the screen: the one that is open is in sight.
document.querySelector(".places [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Follows a run that has not ended, and puts what the page says now in place of what it said. Without it the page is the same, and still.
(() => {
  "use strict";
  const live = () => document.getElementById("live");
  const start = live();
  if (!start || !start.dataset.follow || !window.EventSource) return;

  const PAUSE = 400; // milliseconds: a burst of events is one look
  let waits = null;
  let again = false;

  const isBusy = () => {
    const at = document.activeElement;
    return at && live().contains(at) && at.matches("input, textarea, select");
  };

  const look = async () => {
    waits = null;
    if (isBusy()) { again = true; return; }
    again = false;
    const answer = await fetch(location.pathname + location.search, { credentials: "same-origin", redirect: "error" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (!fresh || isBusy()) { again = true; return; }
    const focus = document.activeElement && document.activeElement.closest("details[id]");
    const focused = focus && live().contains(focus) ? focus.id : null;
    for (const open of live().querySelectorAll("details[id][open]")) {
      const same = fresh.querySelector("#" + CSS.escape(open.id));
      if (same) same.open = true;
    }
    live().replaceWith(fresh);
    if (focused) {
      const same = document.getElementById(focused);
      if (same) same.querySelector("summary").focus({ preventScroll: true });
    }
    if (!fresh.dataset.follow) source.close();
  };

  const soon = () => { if (!waits) waits = setTimeout(look, PAUSE); };
  const source = new EventSource(start.dataset.follow);
  const seen = Number(start.dataset.seen || 0);
  const heard = (event) => { if (Number(event.lastEventId) > seen) soon(); };
  for (const kind of ["intended", "settled", "answered", "told", "asked", "decided", "opened", "passed",
    "waiting", "resumed", "ignored", "cancel-asked", "ended"]) source.addEventListener(kind, heard);
  source.addEventListener("ended", () => source.close());
  document.addEventListener("focusout", () => { if (again) soon(); });
  addEventListener("pagehide", () => source.close());
})();
