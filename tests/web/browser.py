# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium, driven over WebDriver by chromedriver."""
import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars",
         "--force-color-profile=srgb"]
TAB, ENTER, SPACE, RIGHT = "\ue004", "\ue007", " ", "\ue014"


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="weir-web-")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.url = None
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                port = line.split("port")[1].strip(" .\n")
                self.url = f"http://127.0.0.1:{port}"
                break
        if self.url is None:
            raise RuntimeError("chromedriver did not start")
        answer = self.call("POST", "/session", {"capabilities": {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {
                    "args": FLAGS + [f"--user-data-dir={self.profile}"]},
            }}})
        self.url += "/session/" + answer["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"},
            method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise RuntimeError(e.read().decode()) from e

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *args):
        """The value of a script's `return`."""
        return self.call("POST", "/execute/sync",
                         {"script": script, "args": list(args)})

    def wait(self, condition, seconds=30):
        """Until a JavaScript expression is true; its last value."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(f"return ({condition})")
            if value or time.monotonic() > end:
                return value
            time.sleep(0.1)

    def text(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".map((e) => e.textContent).join('\\n')", selector)

    def cdp(self, command, **params):
        return self.call("POST", "/goog/cdp/execute",
                         {"cmd": command, "params": params})

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width,
                 height=height, deviceScaleFactor=1, mobile=width < 600)

    def scheme(self, name):
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": name}])

    def press(self, *keys):
        actions = []
        for key in keys:
            actions += [{"type": "keyDown", "value": key},
                        {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [
            {"type": "key", "id": "k", "actions": actions}]})

    def log(self):
        """What the console said since the last call."""
        return self.call("POST", "/se/log", {"type": "browser"})

    def picture(self, path, whole=True):
        shot = self.cdp("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))
