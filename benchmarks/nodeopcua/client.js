// Reads every point of a secured OPC UA server and tries what must be refused.
// node client.js JOB.json -> one JSON object on standard output.
"use strict";
const fs = require("fs");
const ua = require("node-opcua-client");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");

const job = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));

async function client(security) {
  const manager = new OPCUACertificateManager({
    rootFolder: job.folder,
    automaticallyAcceptUnknownCertificate: true,
  });
  await manager.initialize();
  return ua.OPCUAClient.create({
    applicationName: "Interop",
    applicationUri: job.uri,
    certificateFile: job.certificate,
    privateKeyFile: job.key,
    clientCertificateManager: manager,
    securityMode: security ? ua.MessageSecurityMode.SignAndEncrypt : ua.MessageSecurityMode.None,
    securityPolicy: security ? ua.SecurityPolicy.Basic256Sha256 : ua.SecurityPolicy.None,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0, initialDelay: 100 },
    keepSessionAlive: false,
  });
}

// What the server says to a way of coming in: "let in" or its word for no.
async function knock(security, login) {
  const c = await client(security);
  try {
    await c.connect(job.url);
    const session = await c.createSession(login);
    await session.close();
    return "let in";
  } catch (error) {
    return String(error.message || error).split("\n")[0];
  } finally {
    await c.disconnect();
  }
}

function number(variant) {
  const v = variant.value;
  if (Array.isArray(v)) return v[0] * 4294967296 + v[1]; // an Int64 is [high, low]
  return typeof v === "boolean" ? Number(v) : v;
}

async function write(session, node, dataType, value) {
  return (await session.write({
    nodeId: node,
    attributeId: ua.AttributeIds.Value,
    value: { value: { dataType, value } },
  })).name;
}

async function main() {
  const right = { type: ua.UserTokenType.UserName, userName: job.user, password: job.password };
  const out = { values: {}, refused: {} };
  out.refused["no login"] = await knock(true, { type: ua.UserTokenType.Anonymous });
  out.refused["wrong password"] = await knock(true, { ...right, password: "guess" });
  out.refused["no security"] = await knock(false, { type: ua.UserTokenType.Anonymous });
  const c = await client(true);
  await c.connect(job.url);
  const session = await c.createSession(right);
  const ask = job.nodes.map((nodeId) => ({ nodeId, attributeId: ua.AttributeIds.Value }));
  const began = process.hrtime.bigint();
  const answers = await session.read(ask);
  out.read_ms = Number(process.hrtime.bigint() - began) / 1e6;
  answers.forEach((dv, i) => {
    out.values[job.nodes[i]] = { value: number(dv.value), status: dv.statusCode.name };
  });
  out.refused["write to an input"] = await write(session, job.input, "Double", 1.0);
  out.refused["write of another type"] = await write(session, job.setpoint, "String", "x");
  out.written = await write(session, job.setpoint, "Double", job.value);
  await session.close();
  await c.disconnect();
  console.log(JSON.stringify(out));
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
