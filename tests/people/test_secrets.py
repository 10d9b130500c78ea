"""Secrets appear nowhere: in no database, cache, log, or page, after a team has used all that takes one.

PostgreSQL and Redis are real, and the provider repeats the key that it was sent.
"""

import base64
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urldefrag, urljoin, urlsplit
from zipfile import ZipFile

import pytest
import redis

from playground.keys import sealing
from tests.canaries.search import leaks
from tests.canaries.stored import stored
from tests.embed_settings.test_team_embeds import FORM as EMBED
from tests.embed_settings.test_team_embeds import _read as read_embed
from tests.mail.server import PASSWORD as MAIL_PASSWORD
from tests.mail.server import receiving
from tests.people.place import PASSWORD, Person, Place, serving_people
from tests.postgresql import PASSWORD as DATABASE_PASSWORD
from tests.postgresql import PostgreSQLServer
from tests.redis import RedisServer
from tests.served.conftest import FORM
from tests.upstreams.scripted import Recorded, json_answer, stream

SECRETS = {
    "the server's key": "sk-canary-of-the-server-3f9a1c",
    "a team's key": "sk-canary-of-the-team-77be20",
    "the key that replaces it": "sk-canary-of-the-next-41d0aa",
    "a personal key": "sk-canary-of-one-person-9c3b5e",
    "a typed key": "sk-canary-that-was-typed-0a8f66",
    "a key of a base URL": "sk-canary-of-a-base-url-5512de",
    "the secret key": "canary-secret-key-" + "7c1e" * 12,
    "the data key": sealing.new_key(),
    "the metrics token": "canary-metrics-token-8d2b",
    "the OpenID secret": "canary-openid-secret-f00d",
    "the mail password": MAIL_PASSWORD,
    "a password": PASSWORD,
    "the password of the database": DATABASE_PASSWORD,
}
PROMPT = "canary-prompt"


def _echo(connection: socket.socket, recorded: Recorded) -> None:
    """Answer with what was sent, as a provider might: in the body, an error, a header, and a stream."""
    key = recorded.header("authorization") or ""
    if b"fail" in recorded.body:
        answer = json_answer({"error": {"message": f"Wrong key: {key}"}}, 401, **{"x-key": key})
    elif b'"stream"' in recorded.body:
        answer = stream({"content": "It is "}, {"content": key[:12]}, {"content": key[12:]})
    else:
        echo = [key, base64.b64encode(key.encode()).decode(), quote(key, safe="")]
        message = {"role": "assistant", "content": " ".join(echo)}
        answer = json_answer({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    connection.sendall(answer.encode())


@contextmanager
def _place(folder: Path, database: PostgreSQLServer, cache: RedisServer, log: Path) -> Iterator[Place]:
    with receiving() as box, log.open("wb") as stderr:
        settings = {
            "DATABASE_URL": database.url(),
            "CACHE_URL": cache.url,
            "SSL_CERT_FILE": box.authority,
            "PLAYGROUND_MAIL_URL": box.url,
            "PLAYGROUND_SECRET_KEY": SECRETS["the secret key"],
            "PLAYGROUND_DATA_KEYS": SECRETS["the data key"],
            "PLAYGROUND_METRICS_TOKEN": SECRETS["the metrics token"],
            "PLAYGROUND_OIDC_URL": "http://127.0.0.1:1",
            "PLAYGROUND_OIDC_CLIENT_ID": "playground",
            "PLAYGROUND_OIDC_CLIENT_SECRET": SECRETS["the OpenID secret"],
            "TEST_API_KEY": SECRETS["the server's key"],
        }
        with serving_people(folder, stderr, **settings) as place:
            place.upstream.reply(_echo)
            yield place


def _use_everything(place: Place, owner: Person) -> dict[str, str]:
    """Return the secrets that the playground made itself."""
    keys = "/teams/1/keys/change/"
    typed = {"api_key": SECRETS["a typed key"]}
    chat = {"model": "m", "messages": [{"role": "user", "content": PROMPT}]}
    base = f"http://{place.upstream.host_port}/v1"

    def call(text: str = PROMPT, *, stream: bool = False, **fields: str) -> None:
        request = {**chat, "messages": [{"role": "user", "content": text}]} | (
            {"stream": True} if stream else {}
        )
        target = {} if "base_url" in fields else {"provider": "test"}
        assert owner.post("/send/", {**target, "request": request, **fields}).status_code == 200

    for fields in ({"saved_key": "server"}, typed):
        for text in (PROMPT, "fail"):
            call(text, **fields)
            call(text, stream=True, **fields)
    owner.post(
        keys, change="add", provider="test", name="T", audience="team", api_key=SECRETS["a team's key"]
    )
    call()
    call("fail")
    owner.post(keys, change="replace", key="1", overlap="1", api_key=SECRETS["the key that replaces it"])
    call(stream=True)
    owner.post(
        keys, change="add", provider="test", name="P", audience="own", api_key=SECRETS["a personal key"]
    )
    call()
    owner.post(
        keys, change="add", provider="", base_url=base, name="B", audience="team",
        api_key=SECRETS["a key of a base URL"],
    )  # fmt: skip
    call(base_url=base)
    # What is typed where it does not belong, or wrongly.
    owner.post("/send/", {"provider": "test", "request": {"model": "", "messages": 1}, **typed})
    owner.post("/send/", {"provider": "test", "request": chat, "api_key": f"{SECRETS['a typed key']} ü"})
    owner.post("/models/", {"provider": "test", **typed})
    Person(owner.address).post("/accounts/login/", login=owner.email, password=f"{PASSWORD}!")
    Person(owner.address).get("/metrics", Authorization=f"Bearer {SECRETS['the metrics token']}")
    invited = owner.post("/teams/1/change/", change="invite", role="member", email="ann@example.org").text
    made = owner.post("/teams/1/tokens/", name="script", days="7", sends="on", reads="on").text
    link, token = re.search(r"/invitations/([\w-]{20,})/", invited), re.search(r"apg_[\w-]{20,}", made)
    assert link
    assert token
    headers = {"Authorization": f"Bearer {token[0]}", "Accept": "application/json"}
    assert Person(owner.address).get("/runs/", **headers).status_code == 200
    run = owner.runs()[0]
    return {"an invitation": link[1], "an API token": token[0], "a public link": _hand_on(place, owner, run)}


def _hand_on(place: Place, owner: Person, run: str) -> str:
    """Use a call for all that others see: a comment, a pin, a prompt, an embed, and a public link.

    Return the link's secret.
    """
    request = {"model": "m", "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 50}
    typed = {"api_key": SECRETS["a typed key"]}
    owner.post(f"/runs/{run}/comments/", change="add", text=PROMPT)
    pin = owner.post(f"/runs/{run}/pin/", name="Pin", check="status", every="never")
    owner.post(f"{urlsplit(pin.url).path}change/", change="run")
    asked = owner.post("/prompts/new/", **FORM | typed).text.partition('aria-label="Request">\n')[2]
    saved = owner.post("/prompts/new/", request=unescape(asked.partition("</textarea>")[0]), name="Prompt")
    embed = owner.post(
        "/teams/1/embeds/new/", **EMBED | {"name": "guide", "pays": "key:T", "request": json.dumps(request)}
    )
    for made in (pin, saved, embed):
        assert made.history, made.text  # it was made, and we were sent to its page
    name = urlsplit(embed.url).path.rstrip("/").rpartition("/")[2]
    assert read_embed(place, name, request=request).status_code == 200
    shared = owner.post(f"/runs/{run}/link/", do="link", days="7").text
    link = re.search(r"/shared/([\w-]{20,})/", shared)
    assert link
    return link[1]


def _pages(owner: Person, link: str) -> Iterator[tuple[str, bytes]]:
    """Yield each page that can be reached by links, with the address, runs as JSON, and what is exported.

    A stranger opens the public link.
    """
    waiting, seen = ["/"], {"/"}
    while waiting:
        path = waiting.pop()
        page = owner.get(path)
        yield path, page.content + str(page.headers).encode()
        if path.startswith("/runs/") and path.count("/") == 3:
            yield f"{path} as JSON", owner.get(path, Accept="application/json").content
        for link in re.findall(r'(?:href|src|action)="([^"]+)"', page.text):
            url = urlsplit(urljoin(owner.address + path, urldefrag(link).url))
            further = url.path + (f"?{url.query}" if url.query else "")
            if f"{url.scheme}://{url.netloc}" == owner.address and further not in seen and len(seen) < 100:
                seen.add(further)
                if not re.match(r"/(static|docs|accounts/logout)", further):
                    waiting.append(further)
    yield "the export", owner.post("/runs/export/", format="jsonl").content
    for path, fields in (("/teams/1/export/", {}), ("/accounts/data/", {"change": "export"})):
        with ZipFile(BytesIO(owner.post(path, **fields).content)) as file:
            for name in file.namelist():
                yield f"the export {path}{name}", file.read(name)
    shared = Person(owner.address).get(f"/shared/{link}/")
    # Its own address stands in it.
    yield "what the public link shows", shared.content.replace(link.encode(), b"")
    yield "the file of the public link", Person(owner.address).get(f"/shared/{link}/proof/").content


def _cache(server: RedisServer) -> Iterator[tuple[str, bytes]]:
    with redis.Redis.from_url(server.url) as client:
        for key in client.scan_iter():
            yield f"Redis {key!r}", key + (client.dump(key) or b"")


@pytest.mark.usefixtures("redis_server")
def test_no_secret_is_in_a_database_a_cache_a_log_or_a_page(
    tmp_path: Path, postgresql_server: PostgreSQLServer, redis_server: RedisServer
) -> None:
    log = tmp_path / "log"
    with _place(tmp_path, postgresql_server, redis_server, log) as place:
        owner = place.person("owner", "Research", "owner")
        secrets = SECRETS | _use_everything(place, owner)
        sent = {request.header("authorization") for request in place.upstream.requests}
        found = [
            *_pages(owner, secrets["a public link"]),
            *stored(place.environment),
            *_cache(redis_server),
        ]
    found.append(("the log", log.read_bytes()))

    # Otherwise nothing would have been tested.
    assert {f"Bearer {secret}" for secret in SECRETS.values() if secret.startswith("sk-")} == sent
    assert len([where for where, _ in found if where.endswith("as JSON")]) > 10
    assert {where for where, _ in found} >= {
        "table pinned_pin",
        "table sharing_comment",
        "table embeds_embed",
    }
    assert any("Redis" in where for where, _ in found)
    assert PROMPT in str(found)
    assert leaks({secret: name for name, secret in secrets.items()}, found) == []
    assert PROMPT.encode() not in found[-1][1]
