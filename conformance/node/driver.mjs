// Asks the library that the argument names: reads sequences, a line each, and writes their answers,
// a line each.

import { createInterface } from "node:readline";
import { writeSync } from "node:fs";
import FakeTimers from "@sinonjs/fake-timers";
import { cockatiel, opossum } from "./breakers.mjs";
import { concurrency } from "./bottleneck.mjs";

const LIBRARIES = { cockatiel, opossum, "bottleneck-limit": concurrency };
const library = LIBRARIES[process.argv[2]];

const lines = [];
for await (const line of createInterface({ input: process.stdin })) lines.push(line);
for (const line of lines) {
  const clock = FakeTimers.install({ now: Date.UTC(2000, 0, 1) });
  try {
    writeSync(1, JSON.stringify(await library(JSON.parse(line), clock)) + "\n");
  } finally {
    clock.uninstall();
  }
}
