// The people of the simulated workspace, and which of them you are.
import { byId, fillSelect } from "./dom.js";

let people = [];
let channels = [];
let names = new Map(); // by address and by Slack's ID
let you = sessionStorage.getItem("you") ?? "";

// knowPeople takes the people from Slack's state.
export function knowPeople(slack) {
  // Muster's own account is in the list, for the vendors' sake; it is no colleague.
  people = slack.people.filter((p) => p.name.toLowerCase() !== slack.bot.toLowerCase());
  channels = slack.channels.map((c) => [c.id, "#" + c.name]);
  names = new Map(slack.people.flatMap((p) => [[p.email, p.name], [p.id, p.name]]));
  names.set(slack.bot_id, "Muster");
  if (!people.some((p) => p.email === you)) you = people[0]?.email ?? "";
  fillSelect(byId("you"), choices(), you);
}

export const choices = () => people.map((p) => [p.email, p.name]);
export const allChannels = () => channels;
export const nameOf = (address) => names.get(address) ?? address;
export const youAre = () => you;
export const known = (id) => names.get(id);

// person finds who is meant by a name in any case, such as alice.
export const person = (name) => people.find((p) => [p.name, p.email.split("@")[0]].some((n) => n.toLowerCase() === name.toLowerCase()));

export function setUpPeople() {
  byId("you").addEventListener("change", (event) => {
    you = event.target.value;
    sessionStorage.setItem("you", you);
  });
}

// listed says "Alice, Bob and Carol".
export function listed(addresses) {
  const all = addresses.map(nameOf);
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}
