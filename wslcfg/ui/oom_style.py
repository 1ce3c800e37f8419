"""The style sheet of the HTML report: colours for light and dark with a contrast of at least 4.5 for text and 3 for marks."""

STYLE = """
:root{--bg:#fcfcfa;--fg:#1c1e21;--dim:#575c63;--line:#d5d7da;--card:#f1f2f0;--red:#a8202b;--green:#1a6b35;--amber:#845400;--focus:#0b57d0;
--tasks:#2a6fb0;--swap:#b3620e;--cache:#4b8f5a;--slab:#7a4fb5;--tables:#a0497f;--huge:#2b8587;--kernel:#6d7580;--free:#c3c8ce;--rest:#c0392b}
@media (prefers-color-scheme:dark){:root{--bg:#16181b;--fg:#e7e8ea;--dim:#a5abb3;--line:#3a3f45;--card:#1f2226;--red:#ff8a8a;--green:#7ed79a;--amber:#f0bd62;
--focus:#8ab4f8;--tasks:#5b9fe0;--swap:#e8974a;--cache:#6cbf7f;--slab:#a987e0;--tables:#d27fb1;--huge:#58bcbd;--kernel:#8d96a1;--free:#4a5058;--rest:#ff7466}}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--fg);background:var(--bg);-webkit-text-size-adjust:100%}
body{margin:0}main,footer{max-width:54rem;margin:0 auto;padding:1rem 1.25rem}
h1{font-size:1.5rem;line-height:1.3;margin:.25rem 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;font-weight:600;margin:.75rem 0 .35rem}
p{margin:.5rem 0}.time{color:var(--red);font-weight:600;margin:0}
dl{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:0;padding:.75rem 1rem;background:var(--card);border-radius:6px}dt{color:var(--dim);font-size:.85rem}dd{margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}caption{caption-side:bottom;text-align:left;color:var(--dim);font-size:.875rem;padding:.5rem 0}
th,td{padding:.35rem .75rem .35rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:middle}thead th{color:var(--dim);font-size:.875rem;font-weight:600}
tbody th{font-weight:500}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.c{width:38%;min-width:9rem;padding-right:0}
.killed{color:var(--red);font-size:.8rem;border:1px solid;border-radius:3px;padding:0 .3rem;white-space:nowrap}
svg{display:block}svg.bar{width:100%;height:.9rem}svg.whole{width:100%;height:1.4rem;border-radius:3px}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;font-size:.875rem;color:var(--dim)}.legend span{white-space:nowrap}
.legend i{display:inline-block;width:.8rem;height:.8rem;margin-right:.4rem;border-radius:2px;vertical-align:-.05rem}
.p-tasks{fill:var(--tasks);background:var(--tasks)}.p-swap{fill:var(--swap);background:var(--swap)}.p-cache{fill:var(--cache);background:var(--cache)}
.p-slab{fill:var(--slab);background:var(--slab)}.p-tables{fill:var(--tables);background:var(--tables)}.p-huge{fill:var(--huge);background:var(--huge)}
.p-kernel{fill:var(--kernel);background:var(--kernel)}.p-free{fill:var(--free);background:var(--free)}.p-rest{fill:var(--rest);background:var(--rest)}
.story li{margin:.6rem 0}.sure{color:var(--amber);font-style:normal;font-size:.8rem;border:1px solid;border-radius:3px;padding:0 .3rem;margin-right:.2rem;white-space:nowrap}
details{margin:.2rem 0}summary{cursor:pointer;color:var(--dim);font-size:.875rem;width:fit-content}
details ul{margin:.3rem 0;padding-left:1rem;font-size:.85rem}code{font:.85em/1.5 ui-monospace,"Cascadia Mono",Consolas,monospace;overflow-wrap:anywhere}
.source{color:var(--dim)}
pre{background:var(--card);border-radius:6px;padding:.55rem .8rem;margin:.4rem 0;overflow-x:auto}pre code{overflow-wrap:normal}
.effect{border-left:3px solid var(--dim);padding-left:.7rem;font-size:.925rem}.effect.yes{border-color:var(--green)}.effect.yes strong{color:var(--green)}
.effect.no{border-color:var(--red)}.effect.no strong{color:var(--red)}.effect.late{border-color:var(--amber)}.effect.late strong{color:var(--amber)}
.advice>li{margin:.9rem 0}.marks{font-size:.9rem}.marks time{font-variant-numeric:tabular-nums}.marks b{color:var(--dim);font-weight:500}.marks li{overflow-wrap:anywhere}
.timeline .axis{stroke:var(--line);stroke-width:2}.timeline text{font:13px system-ui,sans-serif;fill:var(--dim)}
.timeline .number{fill:var(--bg);font-weight:700;font-size:11px;text-anchor:middle}
.timeline .end{text-anchor:end}.timeline circle{fill:var(--kernel)}.timeline .m-kernel{fill:var(--red)}.timeline .m-started{fill:var(--tasks)}.timeline .m-systemd{fill:var(--swap)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}footer{color:var(--dim);font-size:.875rem;border-top:1px solid var(--line);margin-top:2rem}
@media (max-width:34rem){.o{display:none}.c{width:auto;min-width:4.5rem}th,td{padding-right:.5rem}h1{font-size:1.3rem}ol,ul{padding-left:1.3rem}}
@media print{details>*{display:block}details::details-content{content-visibility:visible}}
"""
