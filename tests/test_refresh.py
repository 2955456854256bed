"""A refresh from end to end: asked over HTTP, checked, kept, and used by the commands."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import FetchError, MonitorError, StoreError
from monitor.refresh import Answer, fetch_answer, read_answer, update_lists, write_whole
from monitor.screening.csl import ListsError
from monitor.screening.listfile import find_file, load_lists, read_refresh
from monitor.screening.lists import load_packaged
from monitor.setup import load_setup, sign_files
from monitor.statelock import StateLock
from tests.kit.house import make_award, open_house
from tests.kit.program import Program, run_once, write_config
from tests.kit.rawserver import HostileServer, Route, raw, redirect, reply
from tests.kit.screeninglist import list_known, make_entry, write_answer

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
AGENT = "tender-monitor/test"
GOOD = write_answer([*list_known(), make_entry("Korla City Public Security Bureau")])
HAMI = "哈密市公安局"


def serve(route: Route) -> HostileServer:
    return HostileServer({"/list.json": route, "/robots.txt": reply(b"", status=404)})


def ask(server: HostileServer, state: Path) -> None:
    update_lists(state, fetch_answer(server.url("/list.json"), AGENT, NOW))


def test_a_good_answer_is_kept_with_where_when_and_what_it_was(tmp_path: Path) -> None:
    with serve(reply(GOOD)) as server:
        ask(server, tmp_path / "state")
        assert server.paths == ["/robots.txt", "/list.json"]
        url = server.url("/list.json")
    kept = json.loads(find_file(tmp_path / "state").read_text("utf-8"))
    assert kept["url"] == url
    assert datetime.fromisoformat(kept["fetched_at"]).tzinfo == UTC
    assert kept["bytes"] == len(GOOD)
    assert kept["results"] == len(list_known()) + 1
    assert len(kept["sha256"]) == 64
    lists = load_lists(tmp_path / "state")
    assert lists.listed_on(HAMI, "psb", "", NOW.date()) == ("BIS Entity List 2019-10-09",)
    assert find_file(tmp_path / "state").stat().st_mode & 0o777 == 0o600


HOSTILE: list[tuple[str, Route, str]] = [
    ("empty", reply(b""), "the answer is empty"),
    ("block page", reply(b"<html>Access denied</html>"), "a web page, not the list"),
    ("block page as 403", reply(b"{}", status=403), "HTTP 403"),
    ("server error", reply(GOOD, status=500), "HTTP 500"),
    ("cut by the source", reply(GOOD[:-2000]), "cut off or broken"),
    ("cut on the way", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + GOOD),
     "truncated"),
    ("another JSON", reply(b'{"error": "busy"}'), 'no "results"'),
    ("no bodies", reply(write_answer([make_entry("Some Works")])), "has 0 of the"),
    ("too large", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"), "too large"),
    ("another site", redirect("https://example.org/list.json"), "redirect"),
    ("inside the network", redirect("http://10.0.0.1/list.json"), "redirect"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("route", "said"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE]
)
def test_an_answer_that_is_not_the_list_is_refused_and_the_old_one_stays(
    tmp_path: Path, route: Route, said: str
) -> None:
    update_lists(tmp_path, Answer(GOOD, "here", NOW))
    before = find_file(tmp_path).read_bytes()
    with serve(route) as server, pytest.raises(MonitorError) as raised:
        ask(server, tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith("http://127.0.0.1")
    assert find_file(tmp_path).read_bytes() == before
    assert os.listdir(tmp_path) == [find_file(tmp_path).name]


def test_robots_are_obeyed(tmp_path: Path) -> None:
    routes = {"/robots.txt": reply(b"User-agent: *\nDisallow: /"), "/list.json": reply(GOOD)}
    with HostileServer(routes) as server, pytest.raises(FetchError, match=r"robots\.txt"):
        ask(server, tmp_path)
    assert server.paths == ["/robots.txt"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.org/list.json", "needs https"),
        ("ftp://example.org/list.json", "ftp"),
        ("list.json", "list.json"),
        ("", "no host|scheme|not"),
    ],
)
def test_an_address_that_must_not_be_asked_is_refused(url: str, said: str) -> None:
    with pytest.raises(ListsError, match=said):
        fetch_answer(url, AGENT, NOW)


def test_a_saved_list_is_as_old_as_its_file(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    path.write_bytes(GOOD)
    os.utime(path, (NOW.timestamp() - 86_400, NOW.timestamp() - 86_400))
    answer = read_answer(path, "", NOW)
    assert (answer.url, answer.fetched_at) == ("file saved.json", NOW.replace(day=21))
    assert read_answer(path, "https://example.org/", NOW).url == "https://example.org/"
    with pytest.raises(ListsError, match=r"none\.json: No such file"):
        read_answer(tmp_path / "none.json", "", NOW)


def test_a_damaged_file_is_set_aside_and_written_anew(tmp_path: Path) -> None:
    find_file(tmp_path).write_bytes(b"{torn")
    update_lists(tmp_path, Answer(GOOD, "here", NOW))
    assert read_refresh(tmp_path) is not None
    [aside] = tmp_path.glob("*.damaged")
    assert aside.read_bytes() == b"{torn"


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.mkdir()
    (path / "inside").write_bytes(b"old")
    with pytest.raises(StoreError, match="kept: Is a directory"):
        write_whole(path, b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]
    with pytest.raises(StoreError):
        write_whole(path / "inside" / "deeper", b"new")


# --- the commands ------------------------------------------------------------------------------

IDLE = "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/'], allow_loopback: true, every: 1d}"


def test_the_commands_show_update_and_use_the_lists(tmp_path: Path) -> None:
    write_config(tmp_path, IDLE)
    code, out, err = run_once(tmp_path, "lists", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (code, err, len(rows)) == (0, "", len(load_packaged().rows))
    assert any(row["names_zh"] == [HAMI] and row["status"] == "verify" for row in rows)
    with serve(reply(GOOD)) as server:
        code, out, err = run_once(tmp_path, "lists", "update", "--url", server.url("/list.json"))
    assert (code, err) == (0, "")
    assert "added" in out
    assert "库尔勒市公安局" in out
    _, out, _ = run_once(tmp_path, "lists", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert any(row["names_zh"] == [HAMI] and row["status"] == "confirmed" for row in rows)
    assert any(row["names_zh"] == ["库尔勒市公安局"] for row in rows)
    _, out, _ = run_once(tmp_path, "lists")
    assert f"{len(rows)} rows, refreshed " in out


def test_a_refused_answer_is_one_line_and_exit_code_one(tmp_path: Path) -> None:
    write_config(tmp_path, IDLE)
    path = tmp_path / "saved.json"
    path.write_bytes(b"<html>")
    code, out, err = run_once(tmp_path, "lists", "update", "--file", str(path), "--json")
    assert (code, out) == (1, "")
    assert err == (
        "error: file saved.json: the answer is a web page, not the list; "
        "the lists stay as they are\n"
    )


def test_saved_notices_are_screened_by_the_refreshed_rows(tmp_path: Path) -> None:
    write_config(tmp_path, IDLE)
    listing = {"title": "哈密市公安局硬盘采购项目中标公告", "date": "2025-06-27"}
    notice = {"id": "1", "listing": listing, "text": "采购人：哈密市公安局\n主要标的：希捷硬盘"}
    path = tmp_path / "saved.jsonl"
    path.write_text(json.dumps(notice) + "\n", "utf-8")
    for label in ("BIS Entity List 2019-10-09 (verify)", "BIS Entity List 2019-10-09"):
        _, out, _ = run_once(tmp_path, "screen", str(path), "--json")
        assert json.loads(out)["buyer"]["listed"] == [label]
        update_lists(tmp_path / "state", Answer(GOOD, "here", NOW))


def test_an_alert_says_by_the_refreshed_rows_how_its_buyer_stands(tmp_path: Path) -> None:
    write_config(tmp_path, IDLE)
    update_lists(tmp_path / "state", Answer(GOOD, "here", NOW))
    lists = load_lists(tmp_path / "state")
    with open_house(tmp_path, [make_award(1, buyer="哈密市公安局")]) as house:
        house = replace(house, setup=replace(house.setup, lists=lists))
        house.poll()
        row = house.rooms.store.db.first("select content from alert")
    assert row is not None
    buyer = json.loads(row["content"])["buyer"]
    known = "Listed on the day of the notice: BIS Entity List since 2019-10-09"
    assert buyer["standing"] == known


def test_a_setup_has_the_refreshed_rows_and_its_signature_tells_of_news(tmp_path: Path) -> None:
    write_config(tmp_path, IDLE)
    setup = load_setup(tmp_path / "config.yaml", {})
    signed = sign_files(setup)
    assert setup.lists is load_packaged()
    update_lists(setup.config.state, Answer(GOOD, "here", NOW))
    assert sign_files(setup) != signed
    assert load_setup(tmp_path / "config.yaml", {}).lists.refreshed_at == NOW


def test_the_lists_are_updated_beside_whoever_holds_the_state(tmp_path: Path) -> None:
    write_config(tmp_path, IDLE)
    path = tmp_path / "saved.json"
    path.write_bytes(GOOD)
    with StateLock(tmp_path / "state"):
        code, _, err = run_once(tmp_path, "lists", "update", "--file", str(path))
    assert (code, err) == (0, "")


def test_a_running_daemon_takes_the_news_by_itself(tmp_path: Path) -> None:
    write_config(tmp_path, IDLE)
    path = tmp_path / "saved.json"
    path.write_bytes(GOOD)
    with Program(tmp_path) as program:
        program.expect("state in")
        code, _, _ = run_once(tmp_path, "lists", "update", "--file", str(path))
        assert code == 0
        program.expect("configuration loaded")
        assert program.stop() == 0
