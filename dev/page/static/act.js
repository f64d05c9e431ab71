// What a person does on this page, and what comes of it.
import { byId, el } from "./dom.js";

let afterwards = () => {};

// onActed sets what runs after every action: another look at the simulators.
export function onActed(run) { afterwards = run; }

// act posts to a simulator while its button waits, and says what came of it. It answers
// what the simulator answered ({} for nothing), or null if that failed.
export async function act(button, path, body, done, method = "POST") {
  if (button?.hasAttribute("aria-busy")) return null; // pressed twice
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await send(method, path, body);
    const words = typeof done === "function" ? done(answer) : done;
    if (words) say(words);
    return answer;
  } catch (problem) {
    say(problem.message, true);
    return null;
  } finally {
    button?.removeAttribute("aria-busy");
    afterwards();
  }
}

// send makes a request. What is refused becomes an error with the simulator's own words.
export async function send(method, path, body) {
  const response = await fetch(path, {
    method, headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => { throw new Error("The sandbox does not answer."); });
  const text = await response.text();
  if (!response.ok) throw new Error(reason(text) || `The simulator answered ${response.status}.`);
  return parsed(text) ?? {};
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

const reason = (text) => (parsed(text)?.error ?? text).trim();

let hiding;

// say tells at the bottom of the page what happened.
export function say(words, wrong = false) {
  clearTimeout(hiding);
  byId("said").replaceChildren(el("p", { class: wrong ? "wrong" : undefined, text: words }));
  hiding = setTimeout(() => byId("said").replaceChildren(), wrong ? 12000 : 5000);
}

// confirmed asks as Slack does before a button that cannot be taken back.
export function confirmed(question) {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = question.title?.text ?? "Are you sure?";
  byId("confirm-text").textContent = question.text?.text ?? "";
  byId("confirm-yes").textContent = question.confirm?.text ?? "Yes";
  byId("confirm-no").textContent = question.deny?.text ?? "No";
  byId("confirm-yes").onclick = () => dialog.close("yes");
  byId("confirm-no").onclick = () => dialog.close("no");
  dialog.returnValue = "no"; // Escape closes it without one
  dialog.showModal();
  return new Promise((answer) => dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true }));
}

// answered is what Muster said to a command or a click: often nothing, as it changes the board.
export function answered(answer) {
  if (answer.status >= 300) return `Muster refused it (${answer.status}): ${answer.body}`;
  if (answer.message) return ""; // it is shown where it belongs
  try {
    return JSON.parse(answer.body).text || "Muster took it.";
  } catch {
    return answer.body || "Muster took it.";
  }
}
