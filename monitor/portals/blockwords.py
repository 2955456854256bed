"""The words and marks by which pages that stand in for others are known, and those of the trade."""

from __future__ import annotations

import re


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


# What only a page about a purchase has: its labels, its terms, its title.
LABEL = _any(
    r"项目编号|采购编号|招标编号|项目名称|预算金额|最高限价|采购方式|公告期限|开标时间|评审专家",
    r"(?:中标|成交)(?:供应商|人|单位|金额|价)|合同(?:编号|金额)",
    r"(?:采购人|采购单位|采购内容|采购需求|招标人|代理机构|供应商|地域|行政区域)(?:名称)?\s*[:\uff1a]",
)
TERM = _any(
    r"不含税|万元|人民币|预算|规格|数量|资质|业绩|响应文件|投标文件|技术规范|保证金",
    r"评标|标段|标包|报价|供应商[应须]|采购人[应须]",
)
TITLED = _any(
    r"[^\s<>]{6,80}?(?:采购|招标|中标|成交|磋商|谈判|询价|比选|竞价|更正|废标|流标|终止|合同|验收|意向|单一来源|遴选|入围)"
    r"[^\s<>]{0,12}?(?:公告|公示|通知书|项目|邀请|意向|结果)",
    r"[^\s<>]{14,80}(?:公告|公示)",
)
# A word of the trade that is not part of the name of a site.
TRADE = _any(
    r"(?:采购|招标|中标|成交|公告|公示|项目|工程|询价|磋商|谈判|澄清|单一来源)(?!网|平台|中心|信息网|系统)",
    r"tender|procurement|contract|solicitation|bidd(?:er|ing)|\baward|quotation",
)
NO_ROWS = _any(
    r"(?:暂无|没有|未查询到|未找到|无)(?:任何|相关|符合|找到|查询|匹配|条件|的){0,4}(?:数据|记录|信息|公告|结果|内容)",
    r"共\s*0\s*[条页]",
    r"\bno (?:data|results|notices|records)\b",
)
DATE = re.compile(r"20\d\d[-./年]\d{1,2}[-./月]\d{1,2}")
# Of a site, or of this very machine as the site prints it.
ADDRESS = _any(
    r"\S*://\S*|www\.\S*", r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}\b"
)
FILING = re.compile(r"备案|备\s*\d|ICP|公网安备")

KEPT_OUT = _any(
    r"频繁访问|(?:访问|请求|操作|查询|刷新)的?(?:次数|速度|频率)?(?:过于|太|过)?(?:频繁|太快|过快|过多|过高)",
    r"访问频率|请.{0,8}(?:完成|通过|进行|拖动|滑动|点击|按住).{0,12}(?:验证|滑块|校验)|拖动滑块|完成验证",
    r"(?:需要?|须|请)先?登录后.{0,4}(?:查看|访问|浏览)",
    r"验证码.{0,12}(?:继续|恢复|解除)|(?:继续|恢复)访问.{0,20}验证",
    r"(?:访问|请求|操作|行为).{0,6}被.{0,8}(?:拒绝|拦截|阻断|阻止|禁止|限制|屏蔽|封)|访问(?:受限|异常)",
    r"您的访问(?:被|已).{0,8}|您的(?:访问|请求|操作|ip|网络|账号|设备|浏览器|当前).{0,30}"
    r"(?:异常|拦截|限制|威胁|攻击|风险|阻断|封|拒绝|非法|不合法)",
    r"ip.{0,60}(?:封禁|限制|禁止|黑名单)|请求(?:存在|包含|带有).{0,10}(?:威胁|攻击|不合法|非法)",
    r"(?:拒绝|禁止|无权|没有权限)(?:您的?)?访问|(?:无|没有|暂无)访问权限|(?:非法|违规)(?:请求|访问|操作)",
    r"(?:仅限|只限|限于?|禁止|拒绝).{0,6}(?:境内|国内|大陆|境外|海外|国外).{0,6}(?:访问|ip|用户)",
    r"(?:地区|国家|区域).{0,8}(?:不支持|禁止|限制|无法)访问|环境异常|(?:证明|确认)(?:您|你)不是机器人",
    r"正在(?:进行|检查|验证|检测).{0,10}(?:安全|浏览器|环境|人机)|正在访问中国政府采购网搜索平台",
    r"人数.{0,4}过?多.{0,12}(?:排队|等候|稍)|login\.timeout|(?:登录|会话)(?:已|状态)?(?:超时|失效|过期)",
    r"access (?:is |(?:to|from) .{0,60} (?:is |was |has been ))?"
    r"(?:denied|forbidden|restricted|blocked|not allowed)",
    r"request (?:was |has been |is )?(?:blocked|rejected|denied|intercepted)|\b403 forbidden",
    r"(?:you (?:have been|are|were)|(?:has|have) been) (?:temporarily )?"
    r"(?:blocked|banned|rate limited)",
    r"banned your|blocked by|request could not be satisfied|unusual traffic",
    r"you (?:a|we)re a (?:ro)?bot\b",
    r"(?:do not|don't) have permission|are you a (?:human|robot)|attention required|just a moment",
    r"verify (?:that )?(?:you are|you're) (?:a |not a )?(?:human|robot)",
    r"checking (?:your browser|if the site connection)|ddos.{0,3}(?:guard|protection)",
    r"enable javascript|javascript (?:is|to be) (?:disabled|required|enabled)",
    r"too many requests|rate limit exceeded|requests? too (?:often|frequent)",
)
GONE = _any(
    r"(?:页面|网页|文件|文章|信息|公告|内容|资源|链接|地址)(?:已经?|暂时)?(?:不存在|找不到|被删除|被移除|已删除|走丢|失效)",
    r"(?:找不到|未找到)您?(?:要|所|请求)?(?:访问|浏览|请求|查看)?的?(?:页面|网页|文件|资源)",
    r"404 (?:not found|error|page)|page (?:not found|does not exist|cannot be found)",
    r"http (?:status|错误|error) 404",
)
FRESH_SERVER = _any(
    r"welcome to (?:nginx|openresty|tengine|caddy|centos)|iis windows|^iis ?\d",
    r"internet information services|apache2? .{0,30}default page|^it works!|test page for the",
    r"apache tomcat/\d|恭喜.{0,10}站点创建成功|没有找到站点|^index of /|default web site page",
)
PARKED = _any(
    r"domain (?:name )?(?:.{0,80})?(?:is |may be )?(?:for sale|parked|expired)|buy this domain",
    r"域名.{0,20}(?:出售|转让|到期|过期|停放)|(?:出售|转让).{0,6}域名",
)
ON_THE_WAY = _any(
    r"上网认证|(?:无线网络?|wi-?fi|宽带|校园网)(?:上网|接入)?(?:认证|登录)|captive portal",
    r"network (?:login|authentication|sign.?in)|sign in to (?:the |this )?(?:wi-?fi|network)",
    r"未.{0,20}备案.{0,40}(?:无法|暂停|禁止)|(?:无法|暂停|禁止).{0,60}未.{0,20}备案",
)
UPKEEP = _any(
    r"(?:系统|网站|平台|服务器)(?:正在|正|将|在)(?:进行)?(?:停机|系统)?(?:维护|升级|割接)",
    r"(?:系统|网站|平台|服务器)(?:停机|升级)?(?:维护|升级)(?:中|公告|通知|期间|暂停)",
    r"(?:under|scheduled|down for) maintenance",
)
CLOSED = re.compile(r"(?:维护|升级).{0,80}(?:暂停|停止|关闭|无法).{0,12}(?:服务|访问|使用|登录)")
SERVER_ERROR = _any(
    r"(?:系统|服务器?|网络)(?:繁忙|异常|错误|出错|内部错误|不可用|暂时)|数据库连接|^50[0-4]\b",
    r"bad gateway|gateway time-?out|service (?:temporarily )?unavailable|internal server error",
    r"server error in|runtime error|whitelabel error page|http status 500",
)
LOGIN_TITLE = re.compile(
    r"(?i)^.{0,30}(?:登录|登陆|身份认证|统一认证|单点登录|\blog ?in\b|\bsign ?in\b)"
)
# Enough alone only where a page says next to nothing else.
BARE_NOUN = _any(
    r"安全验证|人机验证|滑动验证|访问验证|身份验证|安全检[查测]|验证码|滑块|拼图|网站防火墙|访问控制",
    r"请(?:先|重新)登录|unauthorized|captcha|security check|web application firewall|\bwaf\b",
    r"forbidden|access control",
)
# What the shields of sites put into a page: names of their scripts, variables and cookies.
SHIELD = _any(
    r"acw_sc__v2|\bvar arg1\s*=|\$_ts\b|__jsl_clearance|aliyunCaptcha|nc_1_n1z|nc-container",
    r"awsc\.js|geetest|NECaptcha|TencentCaptcha|turing\.captcha|challenge-platform|_cf_chl_opt",
    r"_Incapsula_|px-captcha|g-recaptcha|h-captcha|wzws|yunsuo_session|safedog|_waf_|sigchl",
    r"renderData",
)
CHALLENGE = _any(
    r"location\.(?:reload|href|replace|assign)|window\.location\s*=|history\.(?:back|go)\(",
    r"document\.cookie\s*=|eval\(function",
)
