// SPDX-License-Identifier: Apache-2.0
// The list of alerts.  An alert that is shown keeps its element from one
// refresh to the next, so that what was opened stays open and a selection
// stays selected.

import {byId, el, fill, moment, number, plural, say, time} from "./dom.js";

const shown = new Map();	// id -> {element, text}
let counted = null;

const KEYS = {
	client_address: "Client", client_network: "Client network",
	sasl_username: "User", sender: "Sender",
	sender_domain: "Sender domain", recipient_domain: "Recipient domain",
	local_user: "Local user", host: "Host", source: "Source",
	global: "All",
};

function fact(name, value) {
	return el("div", {}, el("dt", {}, name),
	    el("dd", {class: "log"}, value));
}

// One step a line; what stands in backquotes is a command to copy, with this
// alert's id put in.
function steps(a) {
	const command = (s) => el("code", {},
	    s.replace(/^(weir alerts \w+) ID\b/, "$1 " + a.id.slice(0, 12)));
	return el("div", {class: "steps"}, a.runbook.trim().split("\n").map(
	    (line) => el("p", {class: "log"}, line.split("`").map((s, i) =>
	    i % 2 === 1 ? command(s) : s))));
}

function reason(r) {
	const parts = [r.name];
	if (r.observed !== undefined && r.observed !== null)
		parts.push("observed " + number(r.observed));
	if (r.expected !== undefined && r.expected !== null)
		parts.push("expected " + number(r.expected));
	if (r.threshold !== undefined && r.threshold !== null)
		parts.push("limit " + number(r.threshold));
	return el("li", {class: "log"}, parts.join(", ") +
	    (r.window ? " (" + r.window + ")" : ""));
}

const evidence = (a) => (a.evidence ?? []).flatMap((e) => e.lines ?? []);

function fold(kind, title, body, open) {
	return el("details", {"data-kind": kind, open: open ? "" : null},
	    el("summary", {}, title), body);
}

function draw(a, first) {
	const lines = evidence(a);
	const resolved = a.state === "resolved";
	return el("article", {class: "alert", "data-severity": a.severity,
	    "data-state": a.state, "data-id": a.id},
	    el("div", {class: "tags"},
	        el("span", {class: "severity"}, a.severity),
	        el("span", {}, a.detector),
	        a.state === "open" ? null :
	            el("span", {class: "mark-word"}, a.state),
	        a.historical ? el("span", {class: "mark-word",
	            title: "It was old already when weir read of it"},
	            "from the past") : null,
	        a.exempt ? el("span", {class: "mark-word", title: a.exempt},
	            "exempt") : null,
	        a.shadow && !a.exempt ? el("span", {class: "mark-word",
	            title: "Recorded on trial: nobody was told"},
	            "shadow") : null),
	    el("h3", {class: "log"}, a.title),
	    el("dl", {class: "facts"},
	        fact("Since", time(a.first_seen ?? a.time)),
	        fact("Last", time(a.last_seen ?? a.time)),
	        fact("Count", number(a.count)),
	        a.key ? fact(KEYS[a.key_type] ?? a.key_type, a.key) : null,
	        a.host ? fact("Host", a.host) : null,
	        fact("Id", el("span", {class: "mono", title: a.id},
	            a.id.slice(0, 12))),
	        a.acknowledged_by ?
	            fact("Acknowledged by", a.acknowledged_by) : null,
	        a.resolved_reason ?
	            fact("Resolved", a.resolved_reason) : null),
	    el("div", {class: "folds"},
	        a.runbook ? fold("runbook", "What to do next", steps(a),
	            first && !resolved) : null,
	        (a.reasons ?? []).length === 0 ? null :
	            fold("reasons", "Why", el("ul", {class: "steps"},
	            a.reasons.map(reason)), false),
	        lines.length === 0 ? null : fold("evidence",
	            "Evidence: " + plural(lines.length, "log line"),
	            el("pre", {class: "lines", tabindex: "0"},
	            lines.map((l) => el("code", {}, l))), false)));
}

// A changed alert is drawn anew with the same folds open.
function renew(old, a) {
	const next = draw(a, false);
	for (const d of old.querySelectorAll("details")) {
		const n = next.querySelector(
		    `details[data-kind="${d.dataset.kind}"]`);
		if (n !== null)
			n.open = d.open;
	}
	const focused = old.contains(document.activeElement) ?
	    document.activeElement.closest("details")?.dataset.kind : null;
	old.replaceWith(next);
	if (focused)
		next.querySelector(`details[data-kind="${focused}"] summary`)
		    ?.focus();
	return next;
}

function announce(n) {
	if (counted !== null && n !== counted)
		say(byId("announce"), plural(n, "open alert"));
	counted = n;
}

function empty(which, status) {
	const state = byId("alerts-state");
	state.hidden = false;
	state.dataset.state = "empty";
	if (which === "all")
		fill(state, el("b", {}, "No alerts"),
		    "None was ever raised from what is stored.");
	else if (status !== null && !status.watching)
		fill(state, el("b", {}, "No open alerts, but nothing is " +
		    "watched"), "While weir reads no log, no alert can come.");
	else
		fill(state, el("b", {}, "No open alerts"), "As far as the " +
		    "logs tell, nobody relays mail who should not.");
}

export function showAlerts(list, which, status) {
	const place = byId("alerts-list"), ids = new Set();
	let previous = null;

	list.items.forEach((a, i) => {
		const text = JSON.stringify(a);
		let s = shown.get(a.id);
		ids.add(a.id);
		if (s === undefined)
			s = {element: draw(a, i === 0), text};
		else if (s.text !== text)
			s = {element: renew(s.element, a), text};
		shown.set(a.id, s);
		const next = previous === null ? place.firstChild :
		    previous.nextSibling;
		if (next !== s.element)
			place.insertBefore(s.element, next);
		previous = s.element;
	});
	for (const [id, s] of shown)
		if (!ids.has(id)) {
			s.element.remove();
			shown.delete(id);
		}
	const live = list.items.filter((a) => a.state !== "resolved" &&
	    !a.shadow).length;
	say(byId("alerts-count"), list.items.length === 0 ? "" :
	    number(list.items.length) + (list.next === null ? "" : "+"));
	byId("alerts-more").hidden = list.next === null;
	byId("alerts-state").hidden = true;
	if (list.items.length === 0)
		empty(which, status);
	announce(live);
	return live;
}

export function alertsFailed(problem, since) {
	const state = byId("alerts-state");
	state.hidden = false;
	state.dataset.state = "error";
	fill(state, el("b", {}, "The alerts could not be read"), problem,
	    since === null ? null : ". Below is what was known at " +
	    moment(since) + ".");
}

export function forgetAlerts() {
	for (const s of shown.values())
		s.element.remove();
	shown.clear();
	counted = null;
}
