// The PagerDuty column: who is being paged now, who has answered, what is over.
import { act } from "./act.js";
import { byId, el, fillSelect, setText, showList } from "./dom.js";
import { link } from "./links.js";
import { choices, listed, nameOf } from "./people.js";
import { ago } from "./time.js";

const shownOver = 30;
const answering = new Map(); // who answers a page, where somebody else was chosen

export function showPager(state) {
  const of = (status) => state.incidents.filter((i) => i.status === status);
  const [now, acknowledged, over] = [of("triggered"), of("acknowledged"), of("resolved")];
  setText(byId("pager-count"), count(now, acknowledged));
  document.title = now.length ? `(${now.length}) Muster sandbox` : "Muster sandbox";
  showList(byId("pages-now"), now, idOf, pageNow, looks);
  showList(byId("pages-acknowledged"), acknowledged, idOf, pageAcknowledged, looks);
  showList(byId("pages-over"), over.slice(0, shownOver), idOf, pageOver, looks);
  byId("acknowledged-part").hidden = !acknowledged.length;
  byId("over-part").hidden = !over.length;
  showEmpty(now.length, state.incident_count);
  showList(byId("on-call"), state.services.toSorted((a, b) => a.name.localeCompare(b.name)), (s) => s.id, onCall, (s) => [s, choices()]);
}

const idOf = (page) => page.id;
const looks = (page) => [page, choices()];

function count(now, acknowledged) {
  if (now.length) return now.length === 1 ? "1 page to answer" : `${now.length} pages to answer`;
  return acknowledged.length ? "All answered" : "Quiet";
}

function showEmpty(now, ever) {
  const box = byId("pages-empty");
  box.hidden = now > 0;
  setText(box, ever
    ? "Nobody is being paged now."
    : "Nobody is being paged. Declare an incident of severity 1 or 2, and whoever is on call for its service appears here, to acknowledge.");
}

function pageNow(page) {
  const people = page.assigned_to ?? [];
  return el("article", { class: "page now", id: `page-${page.id}`, tabindex: "-1", "aria-label": `Page: ${page.title}` },
    el("p", { class: "who", text: people.length ? listed(people) : "Nobody" }),
    el("p", { class: "since" }, people.length > 1 ? "are being paged · " : people.length ? "is being paged · " : "is on call for this page · ", ago(page.created_at)),
    ...what(page),
    answers(page, true));
}

function pageAcknowledged(page) {
  const by = page.acknowledged_by ?? [];
  return el("article", { class: "page acknowledged", id: `page-${page.id}`, tabindex: "-1", "aria-label": `Page: ${page.title}` },
    el("p", { class: "done", text: by.length ? `${listed(by)} acknowledged` : "Acknowledged by Muster" }),
    ...what(page),
    answers(page, false));
}

function pageOver(page) {
  const by = page.resolved_by ? `Resolved by ${nameOf(page.resolved_by)}, ` : "Withdrawn by Muster, ";
  return el("article", { class: "page over", id: `page-${page.id}`, tabindex: "-1", "aria-label": `Page: ${page.title}` },
    el("p", { class: "page-title", text: page.title }),
    el("p", { class: "facts" }, by, ago(page.resolved_at)));
}

function what(page) {
  const facts = [page.service, page.severity, page.urgency === "low" && "low urgency", page.triggers > 1 && `triggered ${page.triggers} times`];
  const links = (page.links ?? []).flatMap((l, i) => (i ? [" · ", link(l.href, l.text)] : [link(l.href, l.text)]));
  return [
    el("p", { class: "page-title", text: page.title }),
    el("p", { class: "facts", text: facts.filter(Boolean).join(" · ") }),
    links.length > 0 && el("p", { class: "facts" }, links),
  ];
}

// answers are the buttons of a page, and who presses them: by itself the person it is for.
function answers(page, open) {
  const select = el("select", { "aria-label": `Who answers the page ${page.title}`, "data-focus": `page ${page.id} by`, on: { change: (e) => answering.set(page.id, e.target.value) } });
  fillSelect(select, choices(), answering.get(page.id) ?? page.acknowledged_by?.[0] ?? page.assigned_to?.[0] ?? choices()[0]?.[0]);
  return el("div", { class: "buttons" },
    open && button(page, select, "Acknowledge", "acknowledge", "acknowledged"),
    button(page, select, "Resolve", "resolve", "resolved"),
    el("label", {}, "as", select));
}

function button(page, select, label, verb, did) {
  return el("button", {
    type: "button", class: verb === "acknowledge" ? "primary" : undefined, text: label,
    "aria-label": `${label} the page ${page.title}`, "data-focus": `page ${page.id} ${verb}`,
    on: { click: (e) => act(e.currentTarget, `/pagerduty/_sim/${verb}`, { id: page.id, by: select.value }, `${nameOf(select.value)} ${did} the page.`) },
  });
}

function onCall(service) {
  return el("li", {},
    el("span", { class: "service", text: service.name }),
    el("span", { text: service.on_call ? nameOf(service.on_call) : "nobody" }));
}
