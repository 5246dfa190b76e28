/*
 * Labels a table of PostgreSQL, a thousand rows at a time. Stop it at any moment: the next run labels what has no label.
 *
 *     DATABASE_URL=postgres://postgres@127.0.0.1/test npx tsx examples/postgres.ts
 *
 * The table: CREATE TABLE posts (id integer PRIMARY KEY, body text, label text, score real)
 */
import { Client } from "pg"
import { createClassifier, type Labeller } from "valence-nlp"

interface Post {
  readonly id: number
  readonly body: string
}

/** Something that answers queries: a client or a pool of pg, or PGlite. */
interface Database {
  query<Row extends object>(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>
}

/** @returns how many rows were labelled */
export async function labelPosts(database: Database, labeller: Labeller): Promise<number> {
  let labelled = 0
  for (let last = 0; ; ) {
    const { rows } = await database.query<Post>(
      "SELECT id, body FROM posts WHERE label IS NULL AND body IS NOT NULL AND id > $1 ORDER BY id LIMIT 1000",
      [last],
    )
    if (rows.length === 0) return labelled
    const results = await labeller.label(
      rows.map(({ body }) => body),
      { lane: "bulk" },
    )
    const labels = rows.flatMap(({ id }, row) => {
      const result = results[row]
      return result === undefined || result.error ? [] : [{ id, label: result.label, score: result.score }]
    })
    await database.query(
      `UPDATE posts SET label = new.label, score = new.score
       FROM json_to_recordset($1) AS new (id integer, label text, score real) WHERE posts.id = new.id`,
      [JSON.stringify(labels)],
    )
    labelled += labels.length
    last = rows.at(-1)?.id ?? last
  }
}

if (process.env["DATABASE_URL"] !== undefined) {
  const client = new Client({ connectionString: process.env["DATABASE_URL"] })
  await client.connect()
  const classifier = await createClassifier()
  console.log(await labelPosts(client, classifier), "rows labelled")
  await classifier.close()
  await client.end()
}
