import { chromium } from "playwright"; import { gzipSync } from "node:zlib";
const b = await chromium.launch({executablePath:"/usr/bin/chromium",args:["--no-sandbox"]});
for (const s of process.argv.slice(2)) { const pg = await b.newPage(); const l=[];
  await pg.goto("http://127.0.0.1:4674/flows/"+s+"/",{waitUntil:"networkidle"});
  pg.on("response", r => l.push(r.body().then(x=>[gzipSync(x,{level:6}).length, r.url().split("/").pop()])));
  await pg.getByRole("button",{name:"Back"}).first().click(); await pg.locator("wd-flow.awake").first().waitFor(); await pg.waitForLoadState("networkidle"); await pg.waitForTimeout(1500);
  const r=await Promise.all(l); console.log(s, r.reduce((a,x)=>a+x[0],0)); for (const x of r.sort((a,b)=>b[0]-a[0])) console.log("  ",x.join(" ")); await pg.close(); }
await b.close();
