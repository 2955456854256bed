"""The loss test beside other programs in its short form, and how it counts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.campaigns.outcome import Outcome
from tests.campaigns.peers import list_programs
from tests.campaigns.peerworld import PeerWorld

DIFF = """\
--- @ before
+++ @ now
@@ -1,2 +1,3 @@
+* 样例市公安局第4派出所视频存储扩容项目
 * 样例市公安局第2派出所视频存储扩容项目
-* 样例市公安局第0派出所视频存储扩容项目
"""
ALERT = "Notice: 样例市公安局第4派出所视频存储扩容项目\nBuyer: 样例市公安局第4派出所\n"
COPY = f"This may be a second copy: the first could not be confirmed.\n{ALERT}"


def test_ours_loses_and_doubles_nothing_and_the_others_are_measured_beside_it() -> None:
    command = [sys.executable, "-m", "tests.campaigns", "--short", "--json", "peers"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    outcome = Outcome.from_json(done.stdout.splitlines()[-1])
    assert outcome.failures == (), done.stderr
    assert outcome.cases > 0
    for name in list_programs():
        assert f"{name}, killed:" in outcome.figures


@pytest.mark.parametrize(
    ("texts", "told", "copies"),
    [
        ([DIFF], {4: 1}, {}),
        ([DIFF, DIFF], {4: 2}, {}),
        ([ALERT], {4: 1}, {}),
        ([ALERT, COPY], {4: 2}, {4: 1}),
        ([], {}, {}),
    ],
)
def test_a_message_tells_of_what_it_adds_and_once(
    texts: list[str], told: dict[int, int], copies: dict[int, int]
) -> None:
    with PeerWorld() as world:
        for text in texts:
            assert world.take(text) == 200
        assert world.count_told() == (told, copies)


def test_what_is_refused_is_not_told() -> None:
    with PeerWorld() as world:
        world.refusing = True
        assert world.take(ALERT) == 503
        assert world.count_posts() == 0


def test_the_notice_of_the_first_look_is_not_due() -> None:
    with PeerWorld() as world:
        for _ in range(3):
            world.publish()
        assert world.list_due() == [4, 2]
        assert world.write_page().index("第4派出所") < world.write_page().index("第0派出所")
