// SPDX-License-Identifier: Apache-2.0
// Asks the API every two seconds, with the ETag of the last answer so that
// what did not change is neither sent nor drawn, and tells when the server
// cannot be reached.  Asks nothing while the page is hidden.

import {alertsFailed, forgetAlerts, showAlerts} from "./alerts.js";
import {byId, el, fill, moment, say} from "./dom.js";
import {forgetStatus, showStatus, statusFailed, statusLine}
    from "./status.js";
import {showTraffic, trafficFailed} from "./traffic.js";

const EVERY = 2000, TIMEOUT = 10000, HOUR = 3600e3;
const kept = new Map();		// what -> {url, etag, value}
let which = "open", status = null, open = 0, lostSince = null, seen = null;
let timer = 0, turn = 0;

// The problem's own words (RFC 9457), else the bare status.
async function problemOf(answer) {
	try {
		return (await answer.json()).detail;
	} catch {
		return "the server answered " + answer.status;
	}
}

// {value, fresh}, or throws: an Error with `.said` when the server answered.
async function ask(what, url) {
	const old = kept.get(what);
	const same = old !== undefined && old.url === url;
	const answer = await fetch(url, {cache: "no-store",
	    headers: same ? {"If-None-Match": old.etag} : {},
	    signal: AbortSignal.timeout(TIMEOUT)});
	if (answer.status === 304)
		return {value: old.value, fresh: false};
	if (!answer.ok) {
		const e = new Error(await problemOf(answer));
		e.said = true;
		throw e;
	}
	const value = await answer.json();
	kept.set(what, {url, etag: answer.headers.get("ETag"), value});
	return {value, fresh: true};
}

// The last 24 hours; of an old log, the 24 hours up to its last event.
function trafficUrl() {
	const now = Date.now(), last = Date.parse(status?.store?.last_event);
	let until = Math.floor(now / HOUR) * HOUR + HOUR;
	if (!isNaN(last) && now - last > 24 * HOUR)
		until = Math.floor(last / HOUR) * HOUR + HOUR;
	const text = (t) => encodeURIComponent(new Date(t).toISOString());
	return `/api/v1/traffic?since=${text(until - 24 * HOUR)}` +
	    `&until=${text(until)}`;
}

function title() {
	const host = status?.host ? " on " + status.host : "";
	if (lostSince !== null)
		document.title = "Lost: weir" + host;
	else if (status !== null && !status.watching)
		document.title = "NOT WATCHING: weir" + host;
	else
		document.title = (open > 0 ? `(${open}) ` : "") + "weir" + host;
}

function reached() {
	lostSince = null;
	seen = new Date();
	byId("offline").hidden = true;
	delete document.body.dataset.lost;
	byId("link").dataset.state = "live";
	say(byId("link"), "live, " + moment(seen));
}

function lost() {
	const note = byId("offline");
	lostSince ??= new Date();
	forgetStatus();
	document.body.dataset.lost = "";
	byId("link").dataset.state = "lost";
	say(byId("link"), "lost");
	byId("banner").dataset.state = "stale";
	say(byId("banner-text"), status === null ?
	    "NOT WATCHING, for all this page knows" :
	    "Last known: " + statusLine(status));
	if (note.hidden)
		fill(note, "No answer from weir since " +
		    moment(seen ?? lostSince) + ". " + (seen === null ? "" :
		    "Below is what was known then. ") +
		    "Trying again every two seconds; ",
		    el("code", {}, "systemctl status weir"),
		    " on the host tells more.");
	note.hidden = false;
	if (seen === null)
		for (const id of ["alerts-state", "traffic-state",
		    "sources-state"])
			say(byId(id), "Not known yet");
}

// Ask one thing and show it; an answer for an earlier choice is dropped.
async function part(what, url, mine, show, failed) {
	try {
		const {value, fresh} = await ask(what, url);
		if (mine === turn)
			show(value, fresh);
	} catch (e) {
		if (mine !== turn)
			return;
		if (!e.said)
			throw e;
		kept.delete(what);
		failed(e.message);
	}
}

async function refresh() {
	const mine = ++turn;
	clearTimeout(timer);
	try {
		await part("status", "/api/v1/status", mine, (s) => {
			status = s;
			showStatus(s);
		}, statusFailed);
		await Promise.all([
			part("alerts", "/api/v1/alerts?limit=100" + (which ===
			    "open" ? "&state=open,acknowledged" : ""), mine,
			    (list) => {
				open = showAlerts(list, which, status);
			}, (p) => alertsFailed(p, seen)),
			part("traffic", trafficUrl(), mine, (t, fresh) => {
				if (fresh)
					showTraffic(t);
			}, trafficFailed),
		]);
		if (mine === turn)
			reached();
	} catch {
		if (mine === turn)
			lost();
	}
	if (mine !== turn)
		return;
	title();
	if (!document.hidden)
		timer = setTimeout(refresh, EVERY);
}

for (const radio of document.querySelectorAll("input[name=which]"))
	radio.addEventListener("change", () => {
		which = radio.value;
		forgetAlerts();
		refresh();
	});

document.addEventListener("visibilitychange", () => {
	if (!document.hidden)
		refresh();
});

which = document.querySelector("input[name=which]:checked").value;
refresh();
