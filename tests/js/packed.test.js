import assert from "node:assert/strict";
import { test } from "node:test";
import { unpacked } from "../../static/js/timeline/packed.js";

test("columns become spans again", () => {
  const spans = {
    start: [0, 5],
    end: [1, 5],
    name: [0, 0],
    names: ["GET /"],
    tone: [0, 1],
    tones: ["", "bad"],
    colour: [2, 0],
    count: [1, 3],
    href: { before: "/captured/run/exchange/", after: "/", between: ["1", "27"] },
    key: { before: "exchange-", after: "", between: ["1", "27"] },
  };
  const data = { length: 10, groups: [{ key: "network", lanes: [{ key: "host", spans }] }] };
  const [{ lanes }] = unpacked(data).groups;
  assert.deepEqual(lanes[0].spans, [
    {
      start: 0,
      end: 1,
      name: "GET /",
      tone: "",
      colour: 2,
      count: 1,
      href: "/captured/run/exchange/1/",
      key: "exchange-1",
    },
    {
      start: 5,
      end: 5,
      name: "GET /",
      tone: "bad",
      colour: 0,
      count: 3,
      href: "/captured/run/exchange/27/",
      key: "exchange-27",
    },
  ]);
});
