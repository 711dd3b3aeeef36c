import * as b from './tmp-b.ts';
const q = b.queueOf(b.treeOf(30,6,'priority'), Number(process.argv[2] ?? 1000));
const c0=process.cpuUsage();
let n=0, d=0;
for (let i=0;i<30;i++){ q.now+=1000; const r=[...q.scheduler.runningJobs()]; q.scheduler.release(r[q.random(r.length)]!.id,q.now); q.scheduler.enqueue(q.next()); (globalThis as any).P=0;(globalThis as any).H=0; const c=process.cpuUsage(); const o=q.scheduler.settle(q.now); const u=process.cpuUsage(c).user/1000; b.replaceVictims(q); console.log((globalThis as any).P, (globalThis as any).H, u.toFixed(1), o.decisions.filter(x=>x.kind==='admit').length, o.decisions.filter(x=>x.kind==='preempt').length, o.decisions.filter(x=>x.kind==='wait').length);}
