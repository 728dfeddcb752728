/**
 * Runs the SDK's GraphQL texts as they come. They are parsed and executed, but not validated: a field
 * or type of another SDK version must cost itself alone, not the whole query. Three adapters make that
 * work: an empty operation name is none; a variable of a type that is not built in is taken as JSON;
 * a selected field that the schema lacks is noted, and left out.
 */
import { Failure } from "@relaunch/failure"
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  Kind,
  parse,
  TypeInfo,
  type TypeNode,
  visit,
  visitWithTypeInfo,
} from "graphql"
import type { Call } from "./call.ts"
import { rootOf } from "./root.ts"
import { schema } from "./schema.ts"

export interface Prepared {
  readonly document: DocumentNode
  readonly operation: string
  /** `Type.field` that the schema lacks. */
  readonly unknown: ReadonlyArray<string>
}

const builtIn = new Set(["String", "Int", "Float", "Boolean", "ID"])

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)

const adapted = (document: DocumentNode): DocumentNode =>
  visit(document, {
    VariableDefinition: (node) =>
      builtIn.has(nameOf(node.type))
        ? undefined
        : {
            ...node,
            type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: "JSON" } },
          },
  })

const unknownFields = (document: DocumentNode): ReadonlyArray<string> => {
  const unknown = new Set<string>()
  const info = new TypeInfo(schema())
  visit(
    document,
    visitWithTypeInfo(info, {
      Field: (node) => {
        const parent = info.getParentType()
        if (parent && !info.getFieldDef()) unknown.add(`${parent.name}.${node.name.value}`)
      },
    }),
  )
  return [...unknown]
}

/** Throws a GraphQLError for text that is no GraphQL. */
export const prepare = (query: string): Prepared => {
  const document = adapted(parse(query))
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  const name = operation?.kind === Kind.OPERATION_DEFINITION ? operation.name?.value : undefined
  return { document, operation: name ?? "unnamed", unknown: unknownFields(document) }
}

/** Remembers what it prepared: the SDK says the same few things over and over. */
export const preparedOnce = (): ((query: string) => { prepared: Prepared; isNew: boolean }) => {
  const known = new Map<string, Prepared>()
  return (query) => {
    const found = known.get(query)
    if (found !== undefined) return { prepared: found, isNew: false }
    const prepared = prepare(query)
    if (known.size >= 1000) known.clear()
    known.set(query, prepared)
    return { prepared, isNew: true }
  }
}

export interface GraphQLRequest {
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
}

const isRoot = (field: string): boolean => /^(Query|Mutation)\./.test(field)

/** Never throws; what went wrong is in `errors`. */
export const answer = async (
  { document, unknown }: Prepared,
  { operationName, variables }: GraphQLRequest,
  call: Call,
): Promise<ExecutionResult> => {
  // Leaving out a whole question would look like the answer null, which the SDK may not survive.
  const missing = unknown.find(isRoot)
  if (missing !== undefined) {
    const name = missing.replace(/^\w+\./, "")
    return { errors: [new GraphQLError(`This server does not support \`${name}\``)] }
  }
  return await execute({
    schema: schema(),
    document,
    rootValue: rootOf(call),
    variableValues: variables,
    operationName: operationName === "" ? undefined : operationName,
  })
}

/** Errors that no client caused. */
export const defectsIn = ({ errors = [] }: ExecutionResult): ReadonlyArray<unknown> =>
  errors
    .map(({ originalError }) => originalError)
    .filter((error) => error !== undefined && !(error instanceof Failure))
