import { element } from "./dom";
import { icon } from "./icons";
import { tools } from "./words/tools";

/**
 * Puts link on the clipboard and says so; where the browser does not let the page, shows it in a dialog
 * from which people copy it themselves.
 */
export async function copyLink(link: string, say: (text: string) => void): Promise<void> {
  try {
    await navigator.clipboard.writeText(link);
    flash(tools().copied);
    say(tools().copied);
  } catch {
    showLink(link);
  }
}

/** A dialog with link in it, marked for copying. */
function showLink(link: string): void {
  const field = element("input", { class: "field", type: "text", readonly: "", "aria-label": tools().link });
  field.value = link;
  const close = element("button", { type: "button", class: "icon-button", "aria-label": tools().close, title: tools().close }, icon("close"));
  const title = element("h2", { id: "link-dialog" }, tools().link);
  const dialog = element(
    "dialog", { class: "link-dialog", "aria-labelledby": "link-dialog" },
    element("header", {}, title, close), element("p", {}, tools().copyFailed), field,
  );
  close.addEventListener("click", () => dialog.close());
  // Escape closes the dialog only, not what is open behind it.
  dialog.addEventListener("keydown", (e) => e.stopPropagation());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
  field.select();
}

/** How long a remark stays on the page. */
const FLASH_MS = 2500;

/** Shows a short remark at the map's lower edge; screen readers are told by the page. */
export function flash(text: string): void {
  document.querySelector(".flash")?.remove();
  const node = element("p", { class: "flash", "aria-hidden": "true" }, text);
  document.body.append(node);
  setTimeout(() => node.remove(), FLASH_MS);
}
