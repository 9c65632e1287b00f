// node serve.mjs DATABASE: one process a core, all behind one address, which is the first line on stdout.
import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'

if (cluster.isPrimary) {
  let ready = 0
  const count = availableParallelism()
  cluster.on('listening', (_, address) => {
    if (++ready === count) console.log(`listening on http://127.0.0.1:${address.port}`)
  })
  cluster.on('exit', () => process.exit(1))
  for (let i = 0; i < count; i++) cluster.fork()
} else {
  const { default: cds } = await import('@sap/cds')
  const { default: express } = await import('express')
  cds.env.requires.db.credentials = { url: process.argv[2] }
  cds.model = await cds.load(['db', 'srv'])
  cds.db = await cds.connect.to('db')
  const app = express()
  app.disable('x-powered-by')
  await cds.serve('all').in(app)
  app.listen(0, '127.0.0.1')
}
