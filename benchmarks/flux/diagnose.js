// Asks InfluxData's own Flux language server about texts; see ../flux_is_valid.py.
// node diagnose.js FOLDER: prints {name: [message, ...]} for every *.flux in it.
'use strict'
const fs = require('fs')
const path = require('path')
const { Lsp } = require('@influxdata/flux-lsp-node')

async function main (folder) {
  const server = new Lsp()
  const told = {}
  server.onMessage(text => {
    const message = JSON.parse(text)
    if (message.method !== 'textDocument/publishDiagnostics') return
    told[message.params.uri] = message.params.diagnostics
      .filter(d => d.severity === 1) // errors; the rest is advice
      .map(d => d.message)
  })
  server.run()
  const send = message => server.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
  await send({ id: 1, method: 'initialize', params: { capabilities: {} } })
  await send({ method: 'initialized', params: {} })
  const found = {}
  for (const name of fs.readdirSync(folder).filter(n => n.endsWith('.flux'))) {
    // A folder each: files of one folder are one package to the server.
    const uri = `file:///${name}/script.flux`
    const text = fs.readFileSync(path.join(folder, name), 'utf8')
    const document = { uri, languageId: 'flux', version: 1, text }
    await send({ method: 'textDocument/didOpen', params: { textDocument: document } })
    for (let i = 0; i < 100 && !(uri in told); i++) await new Promise(resolve => setTimeout(resolve, 50))
    found[name] = told[uri] || ['no answer from the language server']
  }
  console.log(JSON.stringify(found))
  process.exit(0)
}

main(process.argv[2])
