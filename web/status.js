// SPDX-License-Identifier: Apache-2.0
// Is the host watched, by which sources, and what does weir take for true.

import {ago, byId, bytes, clean, el, fill, number, percent, plural, say, time}
    from "./dom.js";

const STATES = {
	reading: ["ok", "reading"], waiting: ["ok", "reading, all caught up"],
	ended: ["done", "read to its end"], denied: ["bad", "may not be read"],
	missing: ["bad", "not there"],
};

const SOURCES = {
	learnt: "learnt from the log", found: "the mail server says so",
	configured: "configured", confirmed: "confirmed by hand",
};

const watched = (s) => (STATES[s.state] ?? [])[0] === "ok";

export function statusLine(status) {
	if (!status.watching)
		return "NOT WATCHING: " +
		    (status.why_not ?? "no reason is known");
	if (status.not_storing)
		return "NOT STORING: " + status.not_storing +
		    "; alerts are sent all the same";
	const names = status.sources.filter(watched)
	    .map((s) => s.path ?? s.name);
	return "OK: watching " + (names.join(", ") || "no source") +
	    (status.host ? " on " + status.host : "");
}

function source(s) {
	const [state, word] = STATES[s.state] ?? ["bad", s.state];
	const last = s.last_line ? ["last line of ", time(s.last_line)] : [];
	return el("div", {class: "source",
	    "data-state": s.problem ? "bad" : state},
	    el("div", {class: "name"}, el("span", {class: "dot",
	        "aria-hidden": "true"}), el("span", {class: "log"}, s.name),
	        el("span", {class: "word"}, word)),
	    s.path && s.path !== s.name ?
	        el("div", {class: "note log"}, s.path) : null,
	    el("div", {class: "note"}, plural(s.lines, "line"),
	        last.length ? ", " : null, ...last),
	    s.lost > 0 ? el("div", {class: "note warn"},
	        plural(s.lost, "line") + " lost before they could be read") :
	        null,
	    s.problem ? el("div", {class: "mend log"}, s.problem,
	        s.mend ? el("code", {}, s.mend) : null) : null);
}

function pair(name, ...value) {
	return [el("dt", {}, name), el("dd", {class: "log"}, ...value)];
}

function facts(status) {
	const {lines, store, outbox} = status;
	const out = [];
	if (lines.read > 0)
		out.push(pair("Understood", percent(lines.read - lines.unknown,
		    lines.read) + " of " + plural(lines.read, "line")));
	if (status.statistics?.young)
		out.push(pair("What is usual", status.statistics.learns_since ?
		    ["learning since ", time(status.statistics.learns_since)] :
		    "nothing learnt yet"));
	out.push(pair("Stored", plural(store.events, "event") + ", " +
	    bytes(store.bytes)));
	if (store.first_event)
		out.push(pair("From", time(store.first_event)),
		    pair("To", time(store.last_event)));
	out.push(pair("Webhooks", number(outbox.delivered) + " delivered, " +
	    number(outbox.waiting) + " waiting", outbox.dead === 0 ? null :
	    el("span", {class: "warn"}, ", " + number(outbox.dead) +
	    " given up")));
	return out;
}

// Lines no rule knows: an open fold stays open.
function unknown(samples) {
	const place = byId("unknown");
	const open = place.querySelector("details")?.open ?? false;
	if (samples.length === 0) {
		fill(place);
		return;
	}
	fill(place, el("details", {open: open ? "" : null},
	    el("summary", {}, "Lines that no rule knows"),
	    samples.map((u) => el("div", {}, el("div", {class: "note log"},
	        u.program + ": " + plural(u.lines, "line")),
	        u.sample ? el("pre", {class: "lines"},
	        el("code", {}, u.sample)) : null))));
}

function beliefs(list) {
	const groups = new Map();
	for (const b of list) {
		const name = b.key.replaceAll(/[-_]/g, " ") + " (" +
		    (SOURCES[b.source] ?? b.source) + ")";
		groups.set(name, [...groups.get(name) ?? [], b.value]);
	}
	if (groups.size === 0)
		return pair("Nothing yet", "Policy is not known");
	return [...groups].map(([name, values]) =>
	    pair(name[0].toUpperCase() + name.slice(1), values.join(", ")));
}

let last = "";

export function showStatus(status) {
	const {published, ...rest} = status;
	const text = JSON.stringify(rest);

	document.body.dataset.published = published ?? "";
	if (text === last)
		return;
	last = text;
	const banner = byId("banner");
	banner.dataset.state = status.watching && !status.not_storing ?
	    "ok" : "bad";
	say(byId("banner-text"), statusLine(status));
	say(byId("host"), status.host ?? "");
	byId("sources-state").hidden = status.sources.length > 0;
	byId("sources-state").dataset.state = "empty";
	say(byId("sources-state"), "No source is configured or found.");
	fill(byId("sources-list"), status.sources.map(source));
	fill(byId("facts"), facts(status));
	unknown(status.lines.samples);
	fill(byId("beliefs-list"), beliefs(status.beliefs));
	say(byId("foot"), "weir " + (status.version ?? "") + (status.started ?
	    ", started " + ago(new Date(status.started), new Date()) : ""));
}

// What is shown is out of date: the next status is drawn in any case.
export function forgetStatus() {
	last = "";
}

export function statusFailed(problem) {
	const banner = byId("banner"), state = byId("sources-state");
	forgetStatus();
	banner.dataset.state = "stale";
	say(byId("banner-text"), "The status is not known: " + clean(problem));
	if (byId("sources-list").childElementCount === 0) {
		state.hidden = false;
		state.dataset.state = "error";
		say(state, problem);
	}
}
