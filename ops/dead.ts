import type { Letter } from "../services/audit/audit.contract.ts";
import { numberIn, type Node, type Operation, type Screen } from "./operation.ts";
import { table } from "./table.ts";
import { local, relative, when } from "./time.ts";

const letters = async (node: Node) => (await node.call("audit.letters", { pageSize: 100 })).rows.map(({ id }) => id);

export const deadList: Operation = {
  name: "dead list",
  flags: { limit: "N" },
  summary: "Facts that a service could not handle and gave up",
  examples: ["dead list"],
  async run(node, { flags }) {
    const pageSize = numberIn(flags, "limit", { most: 100, fallback: 50 });
    const { rows, total } = await node.call("audit.letters", { pageSize });
    return {
      data: { rows, total },
      show: (screen) => (rows.length ? listed(rows, total, screen) : "No dead letters."),
    };
  },
};

function listed(rows: Letter[], total: number, { width, now }: Screen): string {
  const columns = [
    ...["id", "for", "fact", "order", "given up", ""].map((title) => ({ title })),
    { title: "tries", align: "right" },
    { title: "error", narrow: "cut" },
  ] as const;
  const cells = rows.map(({ id, group, type, order, at, attempts, error }) => [
    ...[id, group, type, order ?? "", local(Date.parse(at)), relative(Date.parse(at), now), String(attempts)],
    `${error.type}: ${error.message}`,
  ]);
  return `${table(columns, cells, width)}\n\n${rows.length} of ${total}; once the cause is mended: dead replay <id>`;
}

export const deadShow: Operation = {
  name: "dead show",
  target: "<id>",
  summary: "A dead letter in full: the fact, and what it failed with",
  examples: ["dead show 17"],
  targets: letters,
  async run(node, { target }) {
    const data = await node.call("audit.letter", { id: target });
    const { id, group, type, order, error, attempts, at, fact } = data;
    return {
      data,
      show: ({ now }) =>
        [
          `Dead letter ${id}: ${group} gave ${type} up after ${attempts} attempts, ${when(Date.parse(at), now)}`,
          `${error.type}: ${error.message}`,
          ...(order ? [`It is about order ${order}: orders explain ${order}`] : []),
          "",
          JSON.stringify(fact, null, 2),
        ].join("\n"),
    };
  },
};

export const deadReplay: Operation = {
  name: "dead replay",
  target: "<id>",
  summary: "Publish the fact again, for the service alone that could not handle it",
  examples: ["dead replay 17", "dead replay 17 --yes"],
  targets: letters,
  question: (id) => `Publish the fact of dead letter ${id} again?`,
  async run(node, { target: id, operator }) {
    await node.call("audit.replay", { id }, { meta: { operator } });
    return { data: { id, replayed: true }, show: () => `Dead letter ${id} is published again.` };
  },
};

export const deadDrop: Operation = {
  name: "dead drop",
  target: "<id>",
  summary: "Forget a dead letter for good",
  examples: ["dead drop 17"],
  targets: letters,
  question: (id) => `Forget dead letter ${id} for good?`,
  async run(node, { target: id, operator }) {
    await node.call("audit.drop", { id }, { meta: { operator } });
    return { data: { id, dropped: true }, show: () => `Dead letter ${id} is forgotten.` };
  },
};
