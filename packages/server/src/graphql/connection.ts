/** Pages of lists, as Relay connections. A cursor is the number of items before it. */

export interface PageArguments {
  readonly first?: number | null
  readonly after?: string | null
}

interface Edge<Node> {
  readonly node: Node
  readonly cursor: string
  readonly version: string
}

export interface Connection<Node> {
  readonly totalCount: number
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean }
  readonly edges: ReadonlyArray<Edge<Node>>
}

/** All items when `first` is not given. Only the items of the page become nodes. */
export const connection = <Item, Node>(
  items: ReadonlyArray<Item>,
  { after, first }: PageArguments,
  nodeOf: (item: Item) => Node,
  versionOf: (item: Item) => string = () => "",
): Connection<Node> => {
  const start = Math.max(0, Number.parseInt(after ?? "", 10) || 0)
  const page = items.slice(start, first === null || first === undefined ? undefined : start + first)
  const end = start + page.length
  return {
    totalCount: items.length,
    pageInfo: {
      endCursor: page.length === 0 ? null : String(end),
      hasNextPage: end < items.length,
    },
    edges: page.map((item, index) => ({
      node: nodeOf(item),
      cursor: String(start + index + 1),
      version: versionOf(item),
    })),
  }
}

export const noItems = connection<never, never>([], {}, (item) => item)
