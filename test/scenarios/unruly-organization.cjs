// Loaded before the chaincode server of every organisation in the scenarios: an organisation can be told to refuse calls, as its
// operator could by running another chaincode. Lines of the file MIDLOCK_REFUSALS_FILE: `<function> <part of its first argument>`.
// What was refused was still seen: function and arguments are appended to the file with `.seen`. While the file with `.unguarded`
// stands, it lets every stamp pass, as a chaincode without the window would.
'use strict';
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');

const file = process.env.MIDLOCK_REFUSALS_FILE;
const { Shim } = createRequire(process.argv[1])('fabric-shim');
const server = Shim.server.bind(Shim);

Shim.server = (chaincode, options) => {
  const invoke = chaincode.Invoke.bind(chaincode);
  chaincode.Invoke = (stub) => {
    const [name = '', ...args] = stub.getArgs();
    if (existsSync(`${file}.unguarded`)) stub.getDateTimestamp = () => new Date();
    if (!refuses(name, args[0] ?? '')) return invoke(stub);
    appendFileSync(`${file}.seen`, `${JSON.stringify([name, ...args])}\n`);
    return Promise.resolve(Shim.error('refused by the organisation'));
  };
  return server(chaincode, options);
};

function refuses(name, argument) {
  if (!existsSync(file)) return false;
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .some(([refused, part]) => refused === name && argument.includes(part));
}
