// Shows the copy buttons beside the code to embed, where the browser can copy.
"use strict";
if (navigator.clipboard) {
  for (const button of document.querySelectorAll(".snippet button")) {
    const code = button.parentElement.querySelector("code");
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
}
