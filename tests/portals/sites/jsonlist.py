"""Finance portals with JSON of their own, each read by its shipped stanza.

They differ in what breaks readers: how they page, what they filter by, where a notice's text is.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from tests.portals.shippedsite import JsonSite, in_days, render_body, send_json
from tests.portals.sites.base import CHINA, Anchor, Answer, Asked, Fact


class ShandongSite(JsonSite):
    """A list by POST, limited by days; the notice is base64 of HTML within JSON."""

    source = "shandong"
    each = MappingProxyType({"column": ["0302"]})
    anchors = (
        Anchor("rows", "list", '"records"', '"neu"'),
        Anchor("total", "list", '"total"', '"neu"'),
        Anchor("pages", "list", '"pages"', '"neu"'),
        Anchor("code", "list", '"status"', '"neu"'),
        Anchor("id", "list", '"id"', '"neu"'),
        Anchor("title", "list", '"title"', '"neu"'),
        Anchor("date", "list", '"date"', '"neu"'),
        Anchor("column", "list", '"colCode"', '"neu"'),
        Anchor("body", "detail", '"body"', '"neu"'),
    )

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list, its pages and the notices."""
        if asked.path == "/api/website/site/getListByCode" and asked.method == "POST":
            return "list", self._answer_list(json.loads(asked.body))
        if asked.path == "/api/website/site/getDetail":
            fact = self.find_fact(asked.query.get("id", ""))
            body = base64.b64encode(render_body(fact).encode()).decode() if fact else None
            return "detail", send_json(_wrap({"body": body, "files": None} if body else None))
        return super().answer(asked)

    def _answer_list(self, wanted: dict[str, Any]) -> Answer:
        known = in_days(self.facts, wanted["startTime"][:10], wanted["endTime"][:10])
        size = int(wanted["pageSize"])
        rows = [
            {
                "id": fact.number, "title": fact.title, "areaName": fact.region,
                "date": f"{fact.published:%Y-%m-%d %H:%M:%S}", "colCode": wanted["colCode"],
                "oldData": 0, "userName": fact.agent,
            }
            for fact in self.cut_page(known, int(wanted["currentPage"]), size)
        ]  # fmt: skip
        pages = -(-len(known) // size)
        return send_json(_wrap({"records": rows, "total": len(known), "pages": pages}))


def _wrap(inner: Any) -> dict[str, Any]:
    code = {"code": 100, "message": "成功"} if inner else {"code": 999, "message": "请稍后重试"}
    return {"status": 200, "message": "OK", "data": {**code, "data": inner}}


class ChongqingSite(JsonSite):
    """A list limited by epoch milliseconds that holds rows of other days too."""

    source = "chongqing"
    anchors = (
        Anchor("rows", "list", '"datas"', '"neu"'),
        Anchor("id", "list", '"bizId"', '"neu"'),
        Anchor("title", "list", '"title"', '"neu"'),
        Anchor("date", "list", '"publishTime"', '"neu"'),
    )

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list, its pages and the notices."""
        if asked.path.endswith("/website-content-aggregations/front"):
            return "list", self._answer_list(dict(asked.query))
        if asked.path.startswith("/info-notice/procument-notice-detail/"):
            fact = self.find_fact(asked.path.rsplit("/", 1)[-1])
            if fact:
                return "detail", Answer(f"<html><body>{render_body(fact)}</body></html>".encode())
        return super().answer(asked)

    def _answer_list(self, wanted: dict[str, str]) -> Answer:
        times = [int(wanted[f"publicity{end}Time"]) / 1000 for end in ("Start", "End")]
        since, until = (datetime.fromtimestamp(time, CHINA) for time in times)
        known = [fact for fact in self.facts if since <= fact.published <= until]
        strays = [fact for fact in self.facts if fact not in known][:1]
        shown = self.cut_page([*strays, *known], int(wanted["pageNum"]), int(wanted["pageSize"]))
        rows = [
            {
                "id": f"{fact.number:x}", "bizId": str(fact.number), "title": fact.title,
                "publishTime": int(fact.published.timestamp() * 1000), "orgName": fact.buyer,
                "regionName": fact.region, "typeCode": "aggregation-success",
            }
            for fact in shown
        ]  # fmt: skip
        return send_json({"datas": rows})


class JiangsuSite(JsonSite):
    """The newest seven rows only; the notice is one of several in a JSON answer."""

    source = "jiangsu"
    each = MappingProxyType({"area": ["2"]})
    newest = 7
    anchors = (
        Anchor("rows", "list", '"result"', '"neu"'),
        Anchor("code", "list", '"code"', '"neu"'),
        Anchor("id", "list", '"id"', '"neu"'),
        Anchor("title", "list", '"title"', '"neu"'),
        Anchor("date", "list", '"publishDate"', '"neu"'),
        Anchor("kind", "list", '"ggCode"', '"neu"'),
        Anchor("body", "detail", '"summary"', '"neu"'),
        Anchor("data", "detail", '"data"', '"neu"'),
    )

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list and the notices."""
        if asked.path.startswith("/jscms/js_lmapi/api/getArticeData/lists/"):
            rows = [
                {
                    "title": fact.title, "id": str(fact.number), "ggCode": "zbgs", "projId": "p",
                    "publishDate": f"{fact.published:%Y-%m-%d %H:%M:%S}", "zoneName": fact.region,
                    "buyerName": fact.buyer,
                }
                for fact in self.facts[: self.newest]
            ]  # fmt: skip
            return "list", send_json({"code": 200, "result": rows})
        if asked.path == "/pss/jsp/relevantCgggListByProjId.jsp":
            fact = self.find_fact(asked.query.get("ggid", ""))
            if fact:
                return "detail", send_json(_relate(fact), prefix="\ufeff")
        return super().answer(asked)


def _relate(fact: Fact) -> dict[str, Any]:
    """Return a purchase with its notices, of which the asked one is the second."""
    tender = {"title": f"{fact.title[:-4]}公开招标公告", "summary": "<p>采购需求：另见文件</p>"}
    asked = {"title": fact.title, "summary": render_body(fact)}
    times = {"publishDate": f"{fact.published:%Y-%m-%d %H:%M:%S}", "zoneName": fact.region}
    bodies = {"projNumber": fact.project, "buyerName": fact.buyer, "agentName": fact.agent}
    return {"msg": "OK", "cgxm": bodies, "data": [{**tender, **times}, {**asked, **times}]}


class YunnanSite(JsonSite):
    """The newest rows by a form, with dummies among them; a soft error inside HTTP 200."""

    source = "yunnan"
    each = MappingProxyType({"level": ["1"], "kind": ["2"]})
    newest = 10
    anchors = (
        Anchor("rows", "list", '"data"', '"neu"'),
        Anchor("id", "list", '"BULLETIN_ID"', '"neu"'),
        Anchor("title", "list", '"BULLETINTITLE"', '"neu"'),
        Anchor("date", "list", '"FINISHDAY"', '"neu"'),
    )

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list and the notices."""
        if asked.path == "/api/firstpage/firstpage.gghtlist.svc":
            form = parse_qs(asked.body.decode())
            assert (form["LEVEL"], form["TYPE"]) == (["1"], ["2"])
            return "list", send_json(
                {"code": 200, "data": [*map(_show_bulletin, self.facts[: self.newest])]}
            )
        if asked.path == "/ggInfo.html":
            fact = self.find_fact(asked.query.get("bulletin_id", ""))
            if fact:
                return "detail", Answer(render_body(fact).encode())
        return super().answer(asked)

    def block(self, asked: Asked) -> Answer:
        """Return what its paged lists say without a captcha."""
        return send_json({"code": 403, "message": "验证码校验不通过"})


def _show_bulletin(fact: Fact) -> dict[str, str]:
    day = f"{fact.published:%Y-%m-%d}"
    return {"BULLETIN_ID": str(fact.number), "BULLETINTITLE": fact.title, "FINISHDAY": day}


class WeainSite(JsonSite):
    """Titles only: a notice leads to a login."""

    source = "weain"
    each = MappingProxyType({"column": ["1149231276155707394"]})
    readable = False
    anchors = (
        Anchor("rows", "list", '"contentList"', '"neu"'),
        Anchor("total", "list", '"totalNum"', '"neu"'),
        Anchor("id", "list", '"ID"', '"neu"'),
        Anchor("title", "list", '"nonSecretTitle"', '"neu"'),
        Anchor("date", "list", '"publishTime"', '"neu"'),
        Anchor("link", "list", '"pcUrl"', '"neu"'),
    )

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list, and a login for notices."""
        if asked.path == "/api/front/list/cggg/list":
            known = in_days(self.facts, asked.query["startTime"], asked.query["endTime"])
            rows = [
                {
                    "ID": f"w{fact.number}", "nonSecretTitle": fact.title, "purchaseType": "询价",
                    "publishTime": f"{fact.published:%Y-%m-%d %H:%M:%S}", "secretGrade": "公开",
                    "pcUrl": f"/cggg/{fact.number}.html",
                }
                for fact in self.cut_page(known, int(asked.query["pageNo"]), 20)
            ]  # fmt: skip
            return "list", send_json({"list": {"totalNum": len(known), "contentList": rows}})
        return "other", Answer(b"", status=302, headers=(("Location", "/nologin.html"),))


class HebeiSite(JsonSite):
    """A content system's search: no number of rows, the page that is not full is the last."""

    source = "hebei"
    each = MappingProxyType({"kind": ["zhbggAAAS"]})
    anchors = (
        Anchor("rows", "list", '"data"', '"neu"'),
        Anchor("title", "list", '"docTitle"', '"neu"'),
        Anchor("date", "list", '"docRelTime"', '"neu"'),
        Anchor("link", "list", '"docPubUrl"', '"neu"'),
        Anchor("body", "detail", 'id="con"', 'id="neu"'),
    )

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list, its pages and the notices."""
        if asked.path == "/was5/web/search":
            known = in_days(self.facts, asked.query["fstarttime"], asked.query["fendtime"])
            page, size = int(asked.query["page"]), int(asked.query["perpage"])
            return "list", send_json(
                {"data": [*map(_show_found, self.cut_page(known, page, size))]}
            )
        if asked.path.startswith("/province/"):
            fact = self.find_fact(asked.path.rsplit("_", 1)[-1].removesuffix(".html"))
            if fact:
                page_ = f'<html><body><div id="con">{render_body(fact)}</div></body></html>'
                return "detail", Answer(page_.encode())
        return super().answer(asked)


def _show_found(fact: Fact) -> dict[str, str]:
    return {
        "docTitle": fact.title,
        "docPubUrl": f"/province/cggg/zhbgg/202611/t20261122_{fact.number}.html",
        "docRelTime": f"{fact.published:%Y/%m/%d %H:%M:%S}",
        "purchaserName": fact.buyer,
        "purchaserAddr": "样例路1号",
    }
