// The Jira column: incidents' tracker issues with their children.
import { act } from "./act.js";
import { byId, el, setText, showList } from "./dom.js";
import { anchor, link } from "./links.js";
import { choices, nameOf, youAre } from "./people.js";
import { ago, day } from "./time.js";

export function showJira(state) {
  const statuses = Object.fromEntries(state.projects.map((p) => [p.key, p.statuses]));
  const children = Map.groupBy(state.issues.toReversed().filter((i) => i.parent), (i) => i.parent);
  const keys = new Set(state.issues.map((i) => i.key));
  const parents = state.issues.filter((i) => !keys.has(i.parent));
  setText(byId("jira-count"), state.total === 1 ? "1 issue" : `${state.total} issues`);
  byId("issues-empty").hidden = state.total > 0;
  setText(byId("issues-empty"), "There is no issue yet. Each incident gets a tracker issue here; its review and its follow-ups become children of it.");
  showList(byId("issues"), parents, (i) => i.key, (i) => family(i, children, statuses), (i) => [branch(i, children), statuses, choices()]);
}

// branch is an issue with all that hangs below it, which is what its element shows.
function branch(issue, children) {
  return [issue, (children.get(issue.key) ?? []).map((c) => branch(c, children))];
}

function family(issue, children, statuses) {
  const below = children.get(issue.key) ?? [];
  return el("div", { class: "family" },
    card(issue, statuses[issue.project] ?? []),
    below.length > 0 && el("ul", { class: "children", "aria-label": `Children of ${issue.key}` }, below.map((c) => el("li", {}, family(c, children, statuses)))));
}

function card(issue, statuses) {
  return el("article", { class: `issue ${issue.category}`, id: anchor("issue", issue.key).slice(1), tabindex: "-1", "aria-label": `${issue.key} ${issue.summary}` },
    el("p", { class: "issue-key" }, el("strong", { text: issue.key }), el("span", { text: issue.type }), menu(issue, statuses)),
    el("p", { class: "summary", text: issue.summary }),
    el("p", { class: "facts", text: facts(issue) }),
    issue.labels && el("ul", { class: "labels", "aria-label": "Labels" }, shownLabels(issue.labels).map((text) => el("li", { text }))),
    more(issue));
}

function facts(issue) {
  return [
    issue.owner ? `Assigned to ${nameOf(issue.owner)}` : "Unassigned",
    issue.due && `due ${day(issue.due)}`,
    issue.resolution && `resolution: ${issue.resolution}`,
  ].filter(Boolean).join(" · ");
}

// A label that is a key of Muster's is long and says nothing to people; the whole is in More.
const shownLabels = (labels) => labels.filter((text) => text.length <= 24);

// menu moves an issue. It is no select, since arrow keys in a closed one would move the issue
// through every status on the way.
function menu(issue, statuses) {
  const name = `issue ${issue.key} status`;
  return el("details", { class: "menu" },
    el("summary", { class: `status ${issue.category}`, "data-focus": name, "aria-label": `Status of ${issue.key}: ${issue.status}. Change it`, text: issue.status }),
    el("div", { class: "menu-list" }, statuses.filter((s) => s !== issue.status).map((status) =>
      el("button", { type: "button", text: status, "data-focus": `${name} ${status}`, on: { click: (e) => move(e.currentTarget, issue, status) } }))));
}

function move(button, issue, status) {
  const summary = close(button.closest("details"));
  return act(summary, "/jira/_sim/move", { key: issue.key, status, by: youAre() }, `${nameOf(youAre())} moved ${issue.key} to ${status}.`);
}

// close gives the focus back to what opened the menu.
function close(menu) {
  menu.removeAttribute("open");
  const summary = menu.querySelector("summary");
  summary.focus();
  return summary;
}

function more(issue) {
  const comments = issue.comments ?? [];
  const links = issue.links ?? [];
  const long = (issue.labels ?? []).filter((text) => !shownLabels([text]).length);
  if (!issue.description && !comments.length && !links.length && !long.length) return null;
  return el("details", { class: "more", "data-keep": issue.key },
    el("summary", { text: comments.length ? `More, with ${comments.length} comment${comments.length > 1 ? "s" : ""}` : "More", "aria-label": `More about ${issue.key}` }),
    issue.description && el("p", { class: "description", text: issue.description }),
    links.length > 0 && el("p", { class: "marks" }, links.map((l) => el("span", {}, link(l.url, l.title)))),
    long.length > 0 && el("p", { class: "facts", text: `Labels: ${long.join(", ")}` }),
    comments.map((c) => el("p", { class: "comment" }, el("strong", { text: nameOf(c.author) }), " ", ago(c.created), el("br"), c.body)));
}

// setUpJira closes a status menu as menus are closed: by Escape, or by going elsewhere.
export function setUpJira() {
  const open = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.removeAttribute("open");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) close(menu);
  });
}
