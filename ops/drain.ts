import { setTimeout as sleep } from "node:timers/promises";
import { UsageError, type Node, type Operation } from "./operation.ts";
import { table } from "./table.ts";
import { span } from "./time.ts";

/** How long a node has to finish what it has, ms; its own bound is 5 s. */
const GONE_WITHIN = 15_000;
const POLL = 50;

interface Known {
  id: string;
  services: { name: string }[];
}

const nodesOf = (node: Node): Known[] =>
  node.registry.getNodeList({ onlyAvailable: true, withServices: true }) as unknown as Known[];

const servicesOf = ({ services }: Known): string[] =>
  services.map(({ name }) => name).filter((name) => !name.startsWith("$"));

export const drain: Operation = {
  name: "drain",
  target: "<node>",
  summary: "Let a node finish what it has and end; its supervisor starts it anew",
  examples: ["drain shop-1-4711", "drain shop-1-4711 --yes"],
  targets: (node) =>
    nodesOf(node)
      .filter((one) => servicesOf(one).length)
      .map(({ id }) => id),
  question: (target) => `Let ${target} finish what it has, and end?`,
  async run(node, { target, operator }) {
    const known = nodesOf(node).find(({ id }) => id === target);
    if (known && target === node.nodeID && node.transit)
      throw new UsageError(`${target} is the very node that you are working at: leave it with quit`);
    const began = performance.now();
    await node.call("audit.drain", { node: target }, { meta: { operator } });
    const isGone = () => !nodesOf(node).some(({ id }) => id === target);
    while (!isGone() && performance.now() - began < GONE_WITHIN) await sleep(POLL);
    const ms = Math.round(performance.now() - began);
    const left = nodesOf(node);
    const services = servicesOf(known!).map((service) => ({
      service,
      others: left.filter((one) => one.id !== target && servicesOf(one).includes(service)).length,
    }));
    const gone = isGone();
    return {
      data: { node: target, gone, ms, services },
      bad: !gone,
      show({ width }) {
        if (!gone) return `${target} was told to end, and is still there after ${span(ms)}.`;
        const columns = [{ title: "service" }, { title: "other nodes", align: "right" }] as const;
        const rows = services.map(({ service, others }) => [service, String(others)]);
        return `${target} ended after ${span(ms)}. What it ran is served by:\n\n${table(columns, rows, width)}`;
      },
    };
  },
};
