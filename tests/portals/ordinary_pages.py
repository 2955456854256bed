"""Pages of portals that look like blocks to whoever goes by words or by size."""

from __future__ import annotations

from tests.portals.blocked_forms import page

_LOGIN_BOX = (
    "<div class='top'><form action='/login'><input name=u placeholder='用户名'>"
    "<input type='password' name=p><input name=code placeholder='请输入验证码'>"
    "<button>登录</button></form></div>"
)
_TRACKER = (
    "<script>document.cookie='_ga=1';var _hmt=[];"
    "(function(){var s=document.createElement('script');"
    "s.src='//stat.example/h.js';document.head.appendChild(s)})();"
    "if(window.top!==window){location.href='/'}</script>"
)


def detail(title: str, text: str, *, head: str = "", top: str = "") -> str:
    """Return a page of one notice."""
    return page(f"{top}<h1>{title}</h1><div class='content'>{text}</div>", title, head)


def rows(*titles: str) -> str:
    """Return the rows of a list."""
    return "<ul>" + "".join(
        f"<li><a href='/n/{number}.html'>{title}</a><span>2026-05-{number:02}</span></li>"
        for number, title in enumerate(titles, 1)
    ) + "</ul>"  # fmt: skip


PAGES = {
    "a notice that buys captchas": detail(
        "样例市公安局验证码识别软件采购公告",
        "<p>采购内容：验证码识别软件一套，支持滑动验证、拖动滑块、请输入验证码等形式。</p>",
    ),
    "a notice that buys a firewall": detail(
        "样例县公安局Web应用防火墙（WAF）采购项目成交公告",
        "<p>功能：对访问过于频繁的IP进行封禁，拦截存在威胁的请求，返回 Access Denied。</p>",
    ),
    "a notice that buys human checks": detail(
        "样例省公安厅人机验证系统竞争性磋商公告", "<p>项目编号：YL-2026-01，详见附件。</p>"
    ),
    "a notice that buys access control": detail(
        "样例监狱访问控制系统采购结果公告", "<p>禁止访问名单、拒绝访问提示、门禁联动。</p>"
    ),
    "a notice that buys upkeep": detail(
        "样例市公安局网站维护服务采购公告", "<p>系统维护中产生的费用由供应商承担。</p>"
    ),
    "a notice of a system's renewal": detail(
        "样例市公安局指挥系统升级维护项目单一来源公示", "<p>拟定供应商：样例科技有限公司</p>"
    ),
    "a notice that buys a login": detail(
        "样例市大数据中心统一身份认证平台采购公告", "<p>包含单点登录、CA登录、扫码登录。</p>"
    ),
    "a notice that buys domains": detail(
        "样例市公安局域名到期续费采购公告", "<p>域名到期续费，网站备案服务。</p>"
    ),
    "a notice that buys wireless": detail(
        "样例学院校园网认证系统采购公告", "<p>无线网络认证、上网认证计费系统一套。</p>"
    ),
    "a notice of a load balancer": detail(
        "样例市公安局负载均衡设备采购项目中标公告",
        "<p>对 502 Bad Gateway、404 Not Found、服务器繁忙 给出告警。</p>",
    ),
    "a short notice below a login box": detail(
        "样例市看守所监控硬盘采购公告", "<p>" + "需硬盘若干。" * 30 + "</p>", top=_LOGIN_BOX
    ),
    "a very short award": detail("成交公告", "<p>项目编号：Y-1 成交供应商：样例公司</p>"),
    "a very short award in a table": detail(
        "结果", "<table><td>项目名称<td>防火墙<td>成交金额<td>5万元</table>"
    ),
    "a short award with trackers": detail(
        "样例市公安局执法记录仪采购成交公告", "<p>成交。</p>", head=_TRACKER
    ),
    "a notice that says little": detail("样例市公安局询价采购公告", "<p>详见附件。</p>"),
    "a notice that wants a login for its files": detail(
        "样例市公安局交警支队标志标线采购公告", "<p>下载文件请先登录平台，登录超时请重新登录。</p>"
    ),
    "a notice known by its labels": detail(
        "结果", "<p>项目编号 Y-2，采购方式 询价。设备须记录被拦截的请求和非法访问。</p>"
    ),
    "a notice known by its terms": detail(
        "需求说明", "<p>规格见附表，数量 2，预算 5 万元。请求被拦截时须告警，提示禁止访问。</p>"
    ),
    "a list with old words in a comment": page(
        "<!-- <p>您的访问过于频繁</p> --><ul><li><a href='1'>硬盘</a> 2026-05-01</li></ul>"
    ),
    "a title that is all there is": detail("样例消防支队房屋安全检测项目竞争性磋商", ""),
    "a page built on the server, in the place of scripts": page(
        "<div id='app'><h1>监控硬盘</h1><p>详见附件，自行下载。</p></div><noscript>x</noscript>",
        "样例公告",
    ),
    "a notice that is an image": page("<img src='/scan/1.png'>", "公告"),
    "a notice behind a frame": page("<iframe src='/pdf/viewer.html?f=1.pdf'></iframe>", ""),
    "an empty list": page("<div class='list'>暂无数据</div>", "采购公告"),
    "an empty list below a login box": page(f"{_LOGIN_BOX}<p>没有找到相关信息</p>", "采购公告"),
    "an empty search with a captcha image": page(
        "<form>标题<input name=t> 验证码<input name=c><img src='/code.jpg'></form><p>共 0 条</p>",
        "公告查询",
    ),
    "a list with a captcha in its search": page(
        "<form>验证码<input name=c><img src='/code.jpg'></form>"
        + rows("样例市公安局安检门采购公告", "样例县公安局车辆采购公告"),
        "样例招标代理公司",
    ),
    "a list of titles with block words": page(
        rows(
            "Captcha service for the sample agency (tender)",
            "样例中心人机验证与滑动验证组件询价",
            "样例公司网站防火墙、拒绝访问策略优化服务",
        )
    ),
    "a list of one row": page(rows("样例市公安局网站防火墙采购公告")),
    "a list of one foreign row": page(rows("CAPTCHA and WAF licences"), "Tenders"),
    "a list with a login box and few words": page(_LOGIN_BOX + rows("安检门询价采购"), "公告"),
    "a list with a captcha script": page(
        "<script src='/geetest/gt.js'></script>" + rows("硬盘采购", "安检门询价采购公告"), ""
    ),
    "a list built from a cookie": page(_TRACKER + rows("样例市公安局安检门采购公告")),
    "an empty feed": '<?xml version="1.0"?><rss version="2.0"><channel></channel></rss>',
    "a feed of block words": '<rss version="2.0"><channel><title>安全验证</title><item>'
    "<title>频繁访问</title></item></channel></rss>",
    "an Atom feed": '<feed xmlns="http://www.w3.org/2005/Atom"><title>403 Forbidden</title></feed>',
    "a long page about blocks": page("<p>您的访问过于频繁，请完成验证。</p>" * 80),
    "a fragment": "<p>片段</p>",
    "a page cut short, which find_truncation tells": "<html><body><ul><li><li>",
    "a JSON list": '{"code":200,"msg":"频繁访问","data":[{"title":"请完成安全验证"}]}',
    "a JSON list without rows": '{"code":200,"message":"操作成功","data":{"rows":[],"total":0}}',
}
