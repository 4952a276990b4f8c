import assert from "node:assert/strict";
import { test } from "node:test";
import { thingAt, withFirst } from "../../static/js/recent.js";

const at = (path) => thingAt(`https://site.example${path}`);

test("things are told by their addresses, without what only says how they are shown", () => {
  assert.deepEqual(at("/records/3/?table=public.orders&key=%5B%2268%22%5D&at=5&open=x"), {
    kind: "Record",
    href: "/records/3/?table=public.orders&key=%5B%2268%22%5D",
  });
  assert.deepEqual(at("/sessions/7/?at=a5"), { kind: "Session", href: "/sessions/7/" });
  assert.deepEqual(at("/sources/1/transactions/9/"), { kind: "Transaction", href: "/sources/1/transactions/9/" });
  assert.deepEqual(at("/sources/1/actor/?id=42&cursor=x"), { kind: "Actor", href: "/sources/1/actor/?id=42" });
});

test("lists and forms are no things", () => {
  for (const path of ["/", "/changes/", "/sessions/?actor=x", "/sources/1/rules/"]) assert.equal(at(path), null);
});

test("what was opened last comes first, each thing once and no more than thirty", () => {
  const thing = (n) => ({ href: `/sessions/${n}/`, name: `${n}`, kind: "Session" });
  let known = [];
  for (let n = 0; n < 40; n++) known = withFirst(known, thing(n));
  assert.equal(known.length, 30);
  assert.equal(known[0].name, "39");
  const renamed = withFirst(known, { ...thing(20), name: "new" });
  assert.equal(renamed.length, 30);
  assert.deepEqual([renamed[0].name, renamed[1].name], ["new", "39"]);
  assert.equal(renamed.filter(({ href }) => href === "/sessions/20/").length, 1);
});
