"""The stanzas of `sources` in config.yaml, as checked models; what each key means stands here."""

from __future__ import annotations

import re
from typing import Literal

from monitor.yamlfile import Field, Model, Seconds, model_validator

YEAR = 366 * 86_400
# Portals that know their lists are told where the site is; to others the lists are told.
BY_SITE = frozenset(
    {"ggzy", "freecms", "gpcms", "zcy", "epoint", "cebpubservice", "ted", "sam", "worldbank"}
)
# Portals that cannot do without the part of a stanza that has their name, or this one.
NEEDED = {"linklist": "row", "zcy": "zcy", "jsonlist": "jsonlist", "ted": "ted"}
# Parts of a stanza that only these portals read; a part with a portal's name is for that one.
READ_BY = {
    "row": ("linklist",), "form": ("linklist",),
    "detail": ("epoint", "freecms", "jsonlist", "linklist"),
}  # fmt: skip


class RowSelectors(Model):
    """CSS selectors of a plain list page; `row` is one listing, the others are inside it."""

    row: str
    """One row of the list."""
    link: str = "a[href]"
    """The link to the notice; its href is the row's identity."""
    title: str = ""
    """The title. Default: the link's title, else its text."""
    date: str = ""
    """The day of publication. Default: the first date in the row's text."""
    buyer: str = ""
    """The buyer, where the list shows it."""
    region: str = ""
    """The region, where the list shows it."""
    type: str = ""
    """The kind of notice, where the list shows it."""
    next: str = ""
    """The link to the next page, looked for in the whole page."""
    page_url: str = ""
    """Instead of next: the address of a page, such as list_{page}.html; {page-1} counts from 0."""


class BodySelectors(Model):
    """CSS selectors of a detail page; empty ones are found by the usual anchors."""

    body: str = ""
    """The notice itself. Default: the usual places, else the page without its frame."""
    title: str = ""
    """The title. Default: the row's."""
    date: str = ""
    """The day of publication. Default: the row's."""


class CmsOptions(Model):
    """A site of the freecms or gpcms family, which run on one design of list calls."""

    site_id: str = ""
    """The site's id. Default: asked from the site (gpcms only)."""
    channel: str = ""
    """The channel's id, or several with commas between. Default: asked from the site."""
    call: str = ""
    """The path of the list call. Default: that of the family."""
    notice_types: list[str] = Field(default_factory=list)
    """Codes of kinds of notices, each a list of its own. Default: all in one list."""
    dated: bool = True
    """Whether the list can be limited to days; if not, it is read from its newest row."""
    region_code: str = ""
    """A region's code, where the site wants one."""
    page_size: int = Field(default=20, ge=1, le=100)
    """Rows a page; gpcms shows 20 at most."""
    detail: str = ""
    """The path of the call for a notice. Default: that of the family (gpcms only)."""
    human: str = ""
    """The address for people, with {id} and {number}. Default: that of the family."""
    detail_query: bool = False
    """Whether the page of a notice wants noticeType and channel after its address."""


class ZcyOptions(Model):
    """A site of the zcy platform; codes differ by site and by year."""

    parent: str
    """The id of the menu of notices."""
    site_id: str = ""
    """The site's number, for the tree of categories."""
    codes: dict[str, str] = Field(default_factory=dict)
    """Codes of the kinds of notices with their names. Default: asked from the site."""
    year: int | None = Field(default=None, ge=2000, le=2100)
    """The year that the codes are of; they are asked anew in other years."""
    call: Literal["category", "all", "search"] = "category"
    """Which list call: a list per kind of notice, one list of all, or the lists of before 2023."""
    districts: list[str] = Field(default_factory=list)
    """District codes to ask for. Default: all."""
    exclude_districts: list[str] = Field(default_factory=list)
    """Prefixes of district codes to leave out."""
    switches: list[str] = Field(default_factory=list)
    """Names that the site's page sends as true, such as isGov."""
    page_size: int = Field(default=15, ge=1, le=100)
    """Rows a page."""


class GgzyOptions(Model):
    """The national platform of public resource trading."""

    kind: str = Field(default="02", pattern=r"^\d\d$")
    """The kind of trade: 02 is government procurement."""
    stages: list[str] = Field(default_factory=lambda: ["0201", "0202", "0203", "0204"])
    """Stages, asked one by one only where a province's day is more than the site shows."""
    provinces: list[str] = Field(default_factory=list)
    """Province codes such as 650000. Default: all, one by one only where a day is too much."""

    @model_validator(mode="after")
    def _check_codes(self) -> GgzyOptions:
        for stage in self.stages:
            if not re.fullmatch(rf"{self.kind}\d\d", stage):
                hint = f"write four digits, of which the first two are {self.kind}"
                raise ValueError(f"{stage!r} is no stage of kind {self.kind}", hint)
        for code in self.provinces:
            if not re.fullmatch(r"[1-9]\d0000", code):
                raise ValueError(f"{code!r} is no code of a province", "write it like 650000")
        return self


class JsonListOptions(Model):
    """Any list that is JSON: how it is asked for, and by which paths its rows are read.

    A path is keys with dots between, such as result.data or list.0.id; "." is the answer itself,
    a|b the first of both that holds something. In addresses, forms and bodies {page}, {page-1},
    {offset}, {size}, {since}, {until}, {since_ms}, {until_ms} and the names of `each` are filled
    in; {since:%Y/%m/%d} writes a day otherwise. Days are China's.
    """

    method: Literal["GET", "POST"] = "GET"
    """How the list is asked for."""
    form: dict[str, str] = Field(default_factory=dict)
    """Fields of a form to post."""
    body: str = ""
    """JSON text to post in place of a form."""
    each: dict[str, list[str]] = Field(default_factory=dict)
    """Names with their values; each combination of values is a list of its own."""
    ok: dict[str, str] = Field(default_factory=dict)
    """Paths and the values they have in a good answer; another value is a block."""
    decode: list[str] = Field(default_factory=list)
    """Paths whose value is JSON within a string. @key is the object's own first key, which is
    then found as @key, and what stands under it as @value."""
    rows: str = ""
    """The path of the list of rows."""
    total: str = ""
    """The path of the number of rows in all."""
    pages: str = ""
    """The path of the number of pages."""
    next: str = ""
    """The path of the next page's address, where pages have no numbers."""
    size: int = Field(default=0, ge=0, le=1000)
    """Rows a page; without total and pages, a page with fewer is the last. 0: not known."""
    days: int = Field(default=0, ge=0, le=366)
    """The most days that a list is asked for at once. 0: all."""
    most: int = Field(default=0, ge=0)
    """The most rows that the site shows of a list; longer ones are cut in two. 0: all."""
    id: str
    """In a row: what tells it from others; or a text with {path} of the row's values in it."""
    title: str
    """In a row: its title."""
    date: str = ""
    """In a row: the day of publication. Default: the list shows none."""
    url: str
    """In a row: its address for people; or an address with {path} of the row's values in it."""
    buyer: str = ""
    """In a row: the buyer."""
    region: str = ""
    """In a row: the region."""
    type: str = ""
    """In a row: the kind of notice; or a name of `each`."""
    types: dict[str, str] = Field(default_factory=dict)
    """Codes of kinds of notices with their names."""
    content: str = ""
    """In a row: the whole notice, which then needs no request of its own."""
    skip: dict[str, list[str]] = Field(default_factory=dict)
    """Paths, each with the values of rows that are no notices."""
    detail: str = ""
    """The address that a notice is asked for at, with {path} as in url or id. Default: url."""
    detail_body: str = ""
    """In the answer to detail: the path of the notice's HTML; * is the member of a list that has
    the row's title. Default: the answer is HTML."""
    detail_base64: bool = False
    """Whether that HTML is written in base64."""
    detail_breaks: list[str] = Field(default_factory=list)
    """Marks in that HTML that stand between its parts."""
    detail_script: str = ""
    """The variable of a script of the page that holds the answer; a page without it is read
    as HTML. Default: the answer is JSON itself."""
    detail_date: str = ""
    """In the answer to detail: the day of publication. Default: the row's."""
    detail_lines: dict[str, str] = Field(default_factory=dict)
    """Labels such as 采购人 with the path of what the answer says of them beside the HTML."""


class EpointOptions(Model):
    """The full-text list of an Epoint site."""

    call: str = "/inteligentsearch/rest/esinteligentsearch/getFullTextDataNew"
    """The path of the list call."""
    channel: str = "001"
    """cnum: the number of the site's index, or several with ; between."""
    categories: list[str] = Field(default_factory=list)
    """Prefixes of categories to ask for, each a list of its own. Default: all."""
    conditions: dict[str, str] = Field(default_factory=dict)
    """Fields and the values that rows must have, such as {ZHUANZAI: 四川省政府采购网}."""
    sort: Literal["webdate", "infodate", "infodatepx", "showdate"] = "webdate"
    """The field of the day of publication."""
    extra: dict[str, str] = Field(default_factory=dict)
    """What else this site wants in a request."""
    days: int = Field(default=1, ge=1, le=31)
    """The most days that a list is asked for at once."""
    most: int = Field(default=360, ge=0)
    """The most rows that the site shows of a list; longer ones are cut by time. 0: all."""
    page_size: int = Field(default=10, ge=1, le=100)
    """Rows a page."""


class CebOptions(Model):
    """The public service platform of bidding: lists only, its notices cannot be read."""

    kinds: tuple[Literal["bulletin", "change", "result", "candidate", "qualify"], ...] = (
        "bulletin", "change", "result", "candidate", "qualify",
    )  # fmt: skip
    """Kinds of notices."""


class OcdsOptions(Model):
    """Any endpoint of OCDS release or record packages.

    In the address, {since} and {until} are filled in as YYYY-MM-DDThh:mm:ssZ;
    {since:%Y-%m-%d} writes a date otherwise.
    """

    window: Seconds = Field(default=86_400, ge=600, le=366 * 86_400)
    """The longest span that one list is asked for."""
    next: str = "links.next"
    """The path of the next page's address."""
    human: str = ""
    """The address of a notice for people, with {id} and {ocid}."""


class TedOptions(Model):
    """The search of the EU's Tenders Electronic Daily, version 3."""

    query: str
    """An expert query without dates, such as buyer-country = DEU; never a watch term."""
    page_size: int = Field(default=100, ge=1, le=250)
    """Rows a page."""


class SamOptions(Model):
    """The opportunities of SAM.gov, version 2."""

    types: list[str] = Field(default_factory=list)
    """Types of notices (ptype): p, a, r, s, o, g, k, i. Default: all."""
    page_size: int = Field(default=1000, ge=1, le=1000)
    """Rows a page."""


class WorldbankOptions(Model):
    """The procurement notices of the World Bank."""

    countries: list[str] = Field(default_factory=list)
    """Names of countries as the bank writes them. Default: all."""
    page_size: int = Field(default=50, ge=1, le=500)
    """Rows a page."""


class Expectations(Model):
    """What a good source shows; what is not set is learned from its rows."""

    rows_per_day: int | None = Field(default=None, ge=0)
    """At least so many new rows on an average day."""
    silence: Seconds = Field(default=9 * 86_400, ge=3600, le=YEAR)
    """No new row for so long is no accident."""
    buyer: float | None = Field(default=None, ge=0, le=1)
    """At least this share of rows has a buyer."""
    date: float | None = Field(default=None, ge=0, le=1)
    """At least this share of rows has a readable date."""


class SourceConfig(Model):
    """One stanza of `sources`; times in seconds once read."""

    portal: str
    """The kind of website, which says how it is read."""
    lists: list[str] = Field(default_factory=list)
    """Addresses of list pages or feeds, each read from its first page."""
    site: str = ""
    """In place of lists, for platforms that know their lists: where their site begins."""
    enabled: bool = True
    """false leaves the stanza unread; what was stored stays."""
    why_off: str = ""
    """Why a shipped stanza is off."""
    covers: list[str] = Field(default_factory=list)
    """The regions whose notices it reads, by the names of docs/portals.md."""
    stand_in: bool = False
    """Whether it carries only a part of the notices of the regions that it covers."""
    leaves_out: str = ""
    """What of the notices of these regions it does not show."""
    evidence: str = ""
    """How it is known that it can be read so, and of what year that is."""
    every: Seconds = Field(default=6 * 3600, ge=1, le=YEAR)
    """Time between two rounds, such as 6h."""
    pages: int = Field(default=10, ge=1, le=5000)
    """The most pages of each list in a round."""
    overlap: Seconds = Field(default=86_400, ge=0, le=20 * YEAR)
    """How far before the last whole round a list is read again, for rows that come late."""
    lookback: Seconds | None = Field(default=None, ge=0, le=20 * YEAR)
    """A first round tells of notices this young. Default: that of the file."""
    open: Literal["candidates", "all", "none"] = "candidates"
    """Which rows are opened: those that may be of a security organ, all, or none."""
    delay: float = Field(default=4.0, ge=0.0, le=600.0)
    """Seconds between two requests to a host."""
    jitter: float = Field(default=0.5, ge=0.0, le=1.0)
    """The part of delay by which it varies to both sides."""
    budget: int = Field(default=1500, ge=1)
    """Requests to a host in one UTC day, shared by all sources of that host."""
    obey_robots: bool = True
    """Ask robots.txt first. false only where the site has allowed you to."""
    allow_loopback: bool = False
    """Allow an address of this very machine, for a portal that runs here."""
    verify_tls: bool = True
    """false accepts any certificate; every capture notes that it was so."""
    legacy_tls: bool = False
    """true accepts TLS 1.0 and old ciphers too; every capture notes that it was so."""
    ca_file: str = ""
    """A file of certificates to trust instead of the usual ones."""
    proxy: str = ""
    """http://… or socks5h://…, which looks names up itself."""
    deadline: float = Field(default=60.0, gt=0.0, le=600.0)
    """Seconds for one request with all its redirects."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers that the site wants, such as Referer; never a secret, never another User-Agent."""
    warm_up: str = ""
    """A page to ask for once before each round, where a site wants its cookies first."""
    cookie_env: str = ""
    """The name of the environment variable with a cookie of your own; never the cookie itself."""
    cookie_file: str = ""
    """The file, readable by its owner alone, with a cookie of your own."""
    key_env: str = ""
    """The name of the environment variable with an API key; never the key itself."""
    key_file: str = ""
    """The file, readable by its owner alone, with an API key."""
    sign: str = ""
    """A Python file of your own with a function sign_request: docs/configuration.md."""
    attachments: bool = True
    """Whether attachments of notices whose buyer is an organ are read."""
    region: str = ""
    """The region of rows that do not show one."""
    default_organ: str = ""
    """An id of agencies.yaml: what a hidden buyer of this source is taken for."""
    receivers: list[str] | None = None
    """Names of the receivers that hear of this source. Default: all."""
    row: RowSelectors | None = None
    """Only for linklist: CSS selectors of a list page."""
    detail: BodySelectors = BodySelectors()
    """Only for linklist, jsonlist, epoint and freecms: CSS selectors of a detail page."""
    form: dict[str, str] = Field(default_factory=dict)
    """Only for linklist: fields to post for a list page, with {page}."""
    freecms: CmsOptions = CmsOptions()
    """Only for freecms: the site's ids and calls."""
    gpcms: CmsOptions = CmsOptions()
    """Only for gpcms: the site's ids and calls."""
    zcy: ZcyOptions | None = None
    """Only for zcy: the site's ids and calls."""
    ggzy: GgzyOptions = GgzyOptions()
    """Only for ggzy: what is asked for."""
    jsonlist: JsonListOptions | None = None
    """Only for jsonlist: how the list is asked for and read."""
    epoint: EpointOptions = EpointOptions()
    """Only for epoint: the site's numbers and calls."""
    cebpubservice: CebOptions = CebOptions()
    """Only for cebpubservice: what is asked for."""
    ocds: OcdsOptions = OcdsOptions()
    """Only for ocds: how packages are asked for."""
    ted: TedOptions | None = None
    """Only for ted: what is asked for."""
    sam: SamOptions = SamOptions()
    """Only for sam: what is asked for."""
    worldbank: WorldbankOptions = WorldbankOptions()
    """Only for worldbank: what is asked for."""
    expect: Expectations = Expectations()
    """What a good round shows; the rest is learned."""

    def addresses(self) -> list[str]:
        """Return where the source begins: its lists, or its site."""
        return self.lists or ([self.site] if self.site else [])
