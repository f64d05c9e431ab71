// The box that switches vendors off, and what the columns say meanwhile.
import { act } from "./act.js";
import { byId, el, setText, showList } from "./dom.js";

export const vendors = [
  { path: "/slack", name: "Slack", column: "slack" },
  { path: "/jira", name: "Jira", column: "jira" },
  { path: "/pagerduty", name: "PagerDuty", column: "pager" },
];

const isDown = (faults) => faults.find((f) => f.kind === "down" && !f.operation);

// showFaults takes the list of each vendor's faults, in the order of vendors.
export function showFaults(lists) {
  const rows = vendors.map((vendor, i) => ({ vendor, down: Boolean(isDown(lists[i])), others: lists[i].filter((f) => f !== isDown(lists[i])).length }));
  showList(byId("faults"), rows, (r) => r.vendor.path, row);
  vendors.forEach((vendor, i) => showBanner(vendor, isDown(lists[i])));
}

function row({ vendor, down, others }) {
  return el("li", { class: down ? "is-down" : undefined },
    el("span", { class: "state", text: down ? `${vendor.name} is down` : `${vendor.name} is up` }),
    others > 0 && el("small", { text: others === 1 ? "1 other fault" : `${others} other faults` }),
    el("button", {
      type: "button", text: down || others ? "Mend" : "Switch off", "data-focus": `fault ${vendor.path}`,
      "aria-label": down || others ? `Mend ${vendor.name}` : `Switch ${vendor.name} off`,
      on: { click: (e) => (down || others ? mend(e.currentTarget, vendor) : breakOff(e.currentTarget, vendor)) },
    }));
}

function breakOff(button, vendor) {
  return act(button, `${vendor.path}/_sim/faults`, { kind: "down" }, `${vendor.name} is down. Muster goes on without it, and catches up when it is back.`);
}

function mend(button, vendor) {
  return act(button, `${vendor.path}/_sim/faults`, undefined, `${vendor.name} is up again.`, "DELETE");
}

function showBanner(vendor, fault) {
  const banner = byId(`${vendor.column}-down`);
  banner.hidden = !fault;
  if (fault) setText(banner, `${vendor.name} is down. ${lost(fault.hits)}`);
}

function lost(hits) {
  if (!hits) return "Nothing has been asked of it since.";
  return hits === 1 ? "1 call by Muster has failed since." : `${hits} calls by Muster have failed since.`;
}
