// The page's beginning: it looks at the simulators about once a second and shows what changed.
import { onActed, say, send } from "./act.js";
import { byId, keepingFocus, setText } from "./dom.js";
import { showFaults, vendors } from "./faults.js";
import { setUpForms } from "./forms.js";
import { setUpJira, showJira } from "./jira.js";
import { showPager } from "./pager.js";
import { knowPeople, setUpPeople } from "./people.js";
import { openTalk, setUpSlack, showSlack } from "./slack.js";
import { tick } from "./time.js";

const often = 1000;
const seldom = 5000; // while nobody looks, or nothing answers

// Enough for a demonstration, and little enough after a load test.
const states = ["/slack/_sim/state?channels=50", "/jira/_sim/state?limit=200", "/pagerduty/_sim/state?limit=200"];

let next;
let looking = false;
let again = false;

// look asks all simulators and shows the answers. Only one look is under way at a time; one
// that is asked for meanwhile follows, or it would miss what a person has just done.
async function look() {
  if (looking) { again = true; return; }
  looking = true;
  clearTimeout(next);
  const answered = await lookOnce().catch((problem) => {
    console.error(problem); // what cannot be shown must not end the looking
    return false;
  });
  looking = false;
  if (again) { again = false; return look(); }
  next = setTimeout(look, answered && !document.hidden ? often : seldom);
}

async function lookOnce() {
  const paths = [...states, ...vendors.map((v) => `${v.path}/_sim/faults`)];
  const answers = await Promise.allSettled(paths.map((path) => send("GET", path)));
  const missing = answers.filter((a) => a.status === "rejected").length;
  showLost(missing);
  if (missing) return false;
  const [slack, jira, pager, ...faults] = answers.map((a) => a.value);
  keepingFocus(() => show(slack, jira, pager, faults));
  return true;
}

function show(slack, jira, pager, faults) {
  knowPeople(slack); // first, for the others show names
  showFaults(faults);
  showPager(pager);
  showSlack(slack);
  showJira(jira);
  tick();
  if (waiting) goTo(waiting);
}

function showLost(missing) {
  const box = byId("lost");
  box.hidden = !missing;
  if (missing) setText(box, "The sandbox does not answer. Is “go run ./dev” still running? This page goes on trying; below is what it saw last.");
}

// A link such as #channel-C01 or #issue-INC-1 opens what it names, also in a new tab where it
// is not there yet.
let waiting = location.hash.slice(1);

function goTo(name) {
  const channel = name.startsWith("channel-");
  if (channel && !openTalk(name.slice("channel-".length))) return;
  const target = byId(name);
  if (!target) return;
  waiting = "";
  target.scrollIntoView({ block: channel ? "nearest" : "center" });
  target.focus({ preventScroll: true });
}

function setUp() {
  setUpPeople();
  setUpSlack();
  setUpForms();
  setUpJira();
  onActed(look);
  byId("copy").addEventListener("click", copy);
  window.addEventListener("hashchange", () => { waiting = location.hash.slice(1); goTo(waiting); });
  // The same link twice changes no hash.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) goTo(location.hash.slice(1));
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  look();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(byId("command").textContent);
    say("Copied.");
  } catch {
    // Without permission the command is at least marked, ready to be copied by hand.
    getSelection().selectAllChildren(byId("command"));
    say("Marked. Copy it with your keyboard.");
  }
}

setUp();
