/** The inner parts of NeDB that the embedded store stands on; its own types leave them out. */
declare module "@seald-io/nedb" {
  export interface TreeNode<D> {
    /** Missing in an empty tree. */
    key?: unknown;
    data: D[];
    left: TreeNode<D> | null;
    right: TreeNode<D> | null;
  }

  export interface NedbIndex<D> {
    fieldName: string;
    unique: boolean;
    sparse: boolean;
    tree: { tree: TreeNode<D>; search(key: unknown): D[] };
    update(before: D, after: D): void;
  }

  export default class Datastore<D> {
    constructor(options: { inMemoryOnly: true });
    indexes: Record<string, NedbIndex<D>>;
    ensureIndexAsync(options: { fieldName: string; unique?: boolean; sparse?: boolean }): Promise<void>;
    getAllData(): D[];
    /** Each throws an error with `errorType: "uniqueViolated"` on a broken unique index, and has changed nothing then. */
    _addToIndexes(doc: D): void;
    _removeFromIndexes(doc: D): void;
    _updateIndexes(before: D, after: D): void;
  }
}

declare module "@seald-io/nedb/lib/model.js" {
  const model: {
    deepCopy<T>(value: T): T;
    /** Throws on a field name that begins with "$" or holds a ".". */
    checkObject(value: object): void;
    match(doc: object, query: object): boolean;
    /** A changed copy. */
    modify<D extends object>(doc: D, update: object): D;
    getDotValue(doc: object, path: string): unknown;
    /** Orders any two values: undefined, null, numbers, strings, booleans and so on. */
    compareThings(a: unknown, b: unknown): number;
  };
  export default model;
}
