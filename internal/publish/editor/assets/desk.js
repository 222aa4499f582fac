// Keeps the line at the top of the desk up to date. Without this script a frame does it.
"use strict";
{
  const line = document.getElementById("live");
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    let now;
    try {
      const answer = await fetch(line.dataset.from, { credentials: "same-origin", signal: AbortSignal.timeout(5000) });
      now = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".now");
    } catch {
      line.classList.add("away");
      return;
    }
    line.classList.remove("away");
    const shown = line.querySelector(".now");
    if (now && (!shown || shown.outerHTML !== now.outerHTML)) line.replaceChildren(document.importNode(now, true));
  };
  const again = () => look().finally(() => setTimeout(again, 1000));
  again();
  document.addEventListener("visibilitychange", look);
}
