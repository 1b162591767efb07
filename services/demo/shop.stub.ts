import type { Context, ServiceSchema } from "moleculer";
import type { Static } from "typebox";
import type { Meta } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import { auth } from "../auth/auth.contract.ts";
import { items } from "../items/items.contract.ts";

type Actions = (typeof items)["actions"];
type Handlers = {
  [A in "list" | "create" | "attachFile" | "addKeys" | "publish"]: (
    ctx: Context<Static<Actions[A]["params"]>, Meta>,
  ) => unknown;
};

interface Ware {
  id: string;
  title: string;
  kind: string;
  status: string;
  seller: { id: string; name: string };
  files: { filename: string; size: number; blob: string }[];
  keys: Set<string>;
}

/** For specs: the neighbours' memory, which outlives a broker, and services that keep as much of their contracts as is used. */
export class Shop {
  users = new Map<string, { id: string; name: string; password: string }>();
  wares: Ware[] = [];

  onSale = () => this.wares.filter(({ status }) => status === "published");
  titles = () => this.onSale().map(({ title }) => title);

  services(): ServiceSchema[] {
    const own = ({ params, meta }: Context<{ id: string }, Meta>) => {
      const ware = this.wares.find(({ id, seller }) => id === params.id && seller.id === meta.user!.id);
      if (!ware) throw fail("NOT_FOUND");
      return ware;
    };
    const handlers: Handlers = {
      list: ({ params, meta }) => {
        const rows = params.seller ? this.wares.filter(({ seller }) => seller.id === meta.user!.id) : this.onSale();
        return {
          rows: rows.toReversed().slice(0, params.pageSize),
          total: rows.length,
          page: 1,
          pageSize: params.pageSize,
        };
      },
      create: ({ params, meta }) => {
        const { id, name } = meta.user!;
        const { title, kind } = params;
        const made = {
          id: `item-${this.wares.length}`,
          title,
          kind,
          status: "draft",
          files: [],
          keys: new Set<string>(),
        };
        this.wares.push({ ...made, seller: { id, name } });
        return made;
      },
      attachFile: (ctx) => {
        const ware = own(ctx);
        ware.files = [...ware.files.filter(({ filename }) => filename !== ctx.params.filename), ctx.params];
        return ctx.params;
      },
      addKeys: (ctx) => {
        ctx.params.keys.forEach((key) => own(ctx).keys.add(key));
        return { added: 0, duplicates: 0 };
      },
      publish: (ctx) => {
        const ware = own(ctx);
        if (!ware.files.length && !ware.keys.size) throw fail("NOTHING_TO_DELIVER");
        ware.status = "published";
        return ware;
      },
    };
    const ensure = ({ params }: Context<{ email: string; name: string; password: string }>) => {
      const user = this.users.get(params.email) ?? { ...params, id: `user-${this.users.size}` };
      this.users.set(params.email, user);
      return { ...user, roles: ["buyer"], createdAt: "" };
    };
    const actions = Object.entries(handlers).map(([name, handler]) => [
      name,
      { handler, params: items.actions[name as keyof Handlers].params },
    ]);
    return [
      { name: "items", actions: Object.fromEntries(actions) },
      { name: "auth", actions: { ensure: { handler: ensure, params: auth.actions.ensure.params } } },
    ];
  }
}
