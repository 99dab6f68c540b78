// A secured OPC UA server with the points of a job file; knows nothing of Seastack.
// node server.js JOB.json: prints {"port": n} when ready; on a line of standard input
// prints the present values; ends with its input.
"use strict";
const fs = require("fs");
const readline = require("readline");
const ua = require("node-opcua-server");
const { DataType, Variant, StatusCodes, MessageSecurityMode, SecurityPolicy } = require("node-opcua-client");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");

const job = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const KINDS = { float: DataType.Double, int: DataType.Int32, enum: DataType.Int32, bool: DataType.Boolean };
const held = {};

async function main() {
  const manager = new OPCUACertificateManager({ rootFolder: job.folder });
  await manager.initialize();
  await manager.trustCertificate(fs.readFileSync(job.client_der));
  const users = new OPCUACertificateManager({ rootFolder: job.folder + "-users" });
  await users.initialize();
  await users.trustCertificate(fs.readFileSync(job.user_der));
  const server = new ua.OPCUAServer({
    port: 0,
    hostname: "127.0.0.1",
    resourcePath: "/peer",
    certificateFile: job.certificate,
    privateKeyFile: job.key,
    serverCertificateManager: manager,
    userCertificateManager: users,
    serverInfo: { applicationUri: job.uri },
    securityModes: [MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.Basic256Sha256],
    allowAnonymous: false,
    userManager: { isValidUser: (name, password) => name === job.user && password === job.password },
    buildInfo: { productName: "Peer", manufacturerName: "node-opcua", softwareVersion: "1" },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const own = space.registerNamespace("urn:peer");
  const index = own.index;
  job.points.forEach((point) => {
    const dataType = KINDS[point.kind];
    held[point.name] = dataType === DataType.Boolean ? Boolean(point.value) : point.value;
    own.addVariable({
      organizedBy: space.rootFolder.objects,
      nodeId: `ns=${index};s=${point.name}`,
      browseName: point.name,
      dataType,
      accessLevel: point.writable ? "CurrentRead | CurrentWrite" : "CurrentRead",
      userAccessLevel: point.writable ? "CurrentRead | CurrentWrite" : "CurrentRead",
      minimumSamplingInterval: 100,
      value: {
        get: () => new Variant({ dataType, value: held[point.name] }),
        set: point.writable
          ? (variant) => { held[point.name] = variant.value; return StatusCodes.Good; }
          : undefined,
      },
    });
  });
  await server.start();
  const port = Number(new URL(server.getEndpointUrl().replace("opc.tcp", "http")).port);
  console.log(JSON.stringify({ port, namespace: index }));
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", () => console.log(JSON.stringify(held)));
  lines.on("close", async () => { await server.shutdown(0); process.exit(0); });
}

main().catch((error) => { console.error(error); process.exit(1); });
