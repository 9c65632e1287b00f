"""RM's code flow by requests-oauthlib, unmodified: from the page to sign in to a call, a refresh, and what is refused.

Over https, with the gateway's own certificate. What is asked of it comes in the environment.
"""

import os
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session

BASE, GROUP = os.environ["BASE"], os.environ["GROUP"]
CLIENT, SECRET, CALLBACK = os.environ["CLIENT"], os.environ["SECRET"], os.environ["CALLBACK"]
LOGIN, PASSWORD = os.environ["LOGIN"], os.environ["PASSWORD"]
TOKEN = BASE + "/APIIntegration/Token"


class Form(HTMLParser):
    """The first form of a page: where it goes, and what is in it already."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.labels = None, {}, set()
        self.inside = False
        self.feed(page.text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form" and self.action is None:
            self.action, self.inside = attrs["action"], True
        elif self.inside and tag == "input":
            self.fields[attrs["name"]] = attrs.get("value", "")
        elif self.inside and tag == "label":
            self.labels.add(attrs["for"])

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


def press(browser, page, button, **filled):
    """Sends the form, and goes where that leads as long as it is the gateway's own."""
    form = Form(page)
    assert form.action is not None, page.text
    assert set(filled) <= form.labels, "every field has a label"
    sent = {**form.fields, **filled, "do": button}
    reply = browser.post(urljoin(page.url, form.action), data=sent, allow_redirects=False)
    to = urljoin(reply.url, reply.headers.get("Location", ""))
    return browser.get(to, allow_redirects=False) if reply.is_redirect and to.startswith(BASE) else reply


def consent(url):
    """What a person does; gives the address to which the browser is sent in the end."""
    browser = requests.Session()
    page = browser.get(url)
    assert page.status_code == 200, page.text
    assert all(cookie.secure and cookie.name.startswith("__Host-") for cookie in browser.cookies), browser.cookies
    page = press(browser, page, "sign-in", login=LOGIN, password="wrong")
    assert page.status_code == 401, page.status_code
    page = press(browser, page, "sign-in", login=LOGIN, password=PASSWORD)
    assert page.status_code == 200 and LOGIN in page.text, page.text
    return press(browser, page, "allow").headers["Location"]


def call(token, path):
    """A call as RM's real clients make it."""
    return requests.get(f"{BASE}/api/Organization/{path}", headers={"Authorization": f"OAuth2 {token}"})


def refused(run):
    try:
        run()
    except InvalidGrantError:
        return
    raise AssertionError("was not refused")


for pkce in (None, "S256"):
    session = OAuth2Session(CLIENT, redirect_uri=CALLBACK, pkce=pkce)
    url, state = session.authorization_url(BASE + "/APIIntegration/AuthorizeFeatures")
    to = consent(url)
    assert to.startswith(CALLBACK), to
    assert list(parse_qs(urlsplit(to).query)) == ["state", "code"], to
    # The library judges the state itself; the client says who it is as HTTP Basic, or in the form.
    token = session.fetch_token(TOKEN, authorization_response=to, client_secret=SECRET, include_client_id=bool(pkce))
    assert token["token_type"] == "bearer" and int(token["expires_in"]) == 15_552_000, token
    rows = call(token["access_token"], f"groups/{GROUP}/members")
    assert rows.status_code == 200 and [row["Login"] for row in rows.json()] == [LOGIN], rows.text

    refreshed = session.refresh_token(TOKEN, auth=(CLIENT, SECRET))
    assert refreshed["access_token"] != token["access_token"] and refreshed["refresh_token"] != token["refresh_token"]
    assert call(refreshed["access_token"], "groups").status_code == 200

    refused(lambda: session.refresh_token(TOKEN, refresh_token=token["refresh_token"], auth=(CLIENT, SECRET)))
    for of_family in (token, refreshed):
        again = call(of_family["access_token"], "groups")
        assert again.status_code == 401 and "WWW-Authenticate" in again.headers, again.text
    refused(lambda: session.refresh_token(TOKEN, refresh_token=refreshed["refresh_token"], auth=(CLIENT, SECRET)))
    print("ok: the code flow, with a challenge" if pkce else "ok: the code flow")

session = OAuth2Session(CLIENT, redirect_uri=CALLBACK)
to = consent(session.authorization_url(BASE + "/APIIntegration/AuthorizeFeatures")[0])
token = session.fetch_token(TOKEN, authorization_response=to, client_secret=SECRET)
form = {"token": token["refresh_token"], "token_type_hint": "refresh_token"}
given_back = requests.post(BASE + "/APIIntegration/Revoke", data=form, auth=(CLIENT, SECRET))
assert given_back.status_code == 200, given_back.text
assert call(token["access_token"], "groups").status_code == 401
print("ok: given back")
