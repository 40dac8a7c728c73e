BEGIN TRANSACTION;
CREATE TABLE documents (
    n INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,
    UNIQUE (scope, key)
  ) STRICT;
INSERT INTO "documents" VALUES(1,'mail','a 1','letter');
CREATE TABLE effects (
    key TEXT PRIMARY KEY, urgent_by TEXT NOT NULL, text TEXT NOT NULL, epoch TEXT NOT NULL
  ) STRICT;
INSERT INTO "effects" VALUES('0xe38ac5d43b9406905ff5fdeab4add23e5df6ad266807f154dcd6bec22717473b/ethereum/lock/1','00000000000000000009','{"kind":"send","key":"0xe38ac5d43b9406905ff5fdeab4add23e5df6ad266807f154dcd6bec22717473b/ethereum/lock/1","swapId":"0xe38ac5d43b9406905ff5fdeab4add23e5df6ad266807f154dcd6bec22717473b","ledger":"ethereum","action":"lock","urgentBySec":{"#n":"9"}}','1');
INSERT INTO "effects" VALUES('0x04cf1bd16a5aef84506012dcc492371d04819e30aa0c6ab1049edb6dd36c8e96/ethereum/lock/1','00000000000000000009','{"kind":"send","key":"0x04cf1bd16a5aef84506012dcc492371d04819e30aa0c6ab1049edb6dd36c8e96/ethereum/lock/1","swapId":"0x04cf1bd16a5aef84506012dcc492371d04819e30aa0c6ab1049edb6dd36c8e96","ledger":"ethereum","action":"lock","urgentBySec":{"#n":"9"}}','1');
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY, at_ms TEXT NOT NULL, swap_id TEXT, kind TEXT NOT NULL, data TEXT NOT NULL,
    hash TEXT NOT NULL, epoch TEXT NOT NULL
  ) STRICT;
INSERT INTO "journal" VALUES(1,'1','0xe38ac5d43b9406905ff5fdeab4add23e5df6ad266807f154dcd6bec22717473b','test','{"a":"1","stateHash":"e36bbb8eee142571d292633b96a72af6f83cb3fed1bb302ad3d41568cbbd02d0"}','9ce3ebf234207ece8c8992948264225cf1cebd19fba073f4f93c516b8f6a8df3','1');
INSERT INTO "journal" VALUES(2,'1','0x04cf1bd16a5aef84506012dcc492371d04819e30aa0c6ab1049edb6dd36c8e96','test','{"a":"2","stateHash":"b61006a04e962c56157c8ff08b21ffbaded223020ed7cb3635ae26dc2728c307"}','49bfcdcf0984ddb8b62bed8bcfcb6445c9b515d11f133ac3964b2021d7bc7859','1');
CREATE TABLE lanes (account TEXT NOT NULL, nonce TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (account, nonce)) STRICT;
INSERT INTO "lanes" VALUES('0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','1','{"nonce":{"#n":"1"},"sent":true,"createdAtMs":{"#n":"0"},"signed":[{"txId":"0x01","bytes":{"#b":"0x010201"}}]}');
INSERT INTO "lanes" VALUES('0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2','{"nonce":{"#n":"2"},"sent":true,"createdAtMs":{"#n":"0"},"signed":[{"txId":"0x02","bytes":{"#b":"0x010202"}}]}');
CREATE TABLE lease (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL) STRICT;
INSERT INTO "lease" VALUES(1,'1');
CREATE TABLE marks (ledger TEXT PRIMARY KEY, text TEXT NOT NULL, epoch TEXT NOT NULL) STRICT;
INSERT INTO "marks" VALUES('fabric','{"cursor":{"height":{"#n":"7"},"hash":"x"},"finalizedHeight":{"#n":"7"},"halted":false}','1');
CREATE TABLE secrets (hash_lock TEXT PRIMARY KEY, secret BLOB NOT NULL, epoch TEXT NOT NULL) STRICT;
INSERT INTO "secrets" VALUES('0xc3a04a4c8a5b134100587c738f66c36bc72e25afe07c0c61ffe7f90fdf0499be',X'0101010101010101010101010101010101010101010101010101010101010101','1');
INSERT INTO "secrets" VALUES('0x53067068d311c3410d4ecd5f136d3cac4f6f5e41e969ec36cd2263fc0935c03e',X'0202020202020202020202020202020202020202020202020202020202020202','1');
CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, swap_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL,
    version INTEGER NOT NULL, open INTEGER NOT NULL, state TEXT NOT NULL, direction TEXT NOT NULL,
    hash_lock TEXT NOT NULL, epoch TEXT NOT NULL
  ) STRICT;
INSERT INTO "sessions" VALUES(1,'0xe38ac5d43b9406905ff5fdeab4add23e5df6ad266807f154dcd6bec22717473b','{"schema":1,"swapId":"0xe38ac5d43b9406905ff5fdeab4add23e5df6ad266807f154dcd6bec22717473b","role":"responder","terms":{"version":1,"direction":"fabric-first","hashLock":"0xc3a04a4c8a5b134100587c738f66c36bc72e25afe07c0c61ffe7f90fdf0499be","nonce":"0x0000000000000000000000000000000000000000000000000000000000000001","fabric":{"networkId":"0x7777777777777777777777777777777777777777777777777777777777777777","channel":"trade","chaincode":"midlock","assetKind":"fungible","assetId":"gold","amount":{"#n":"40"},"owner":{"mspId":"Org1MSP","key":"0x1111111111111111111111111111111111111111111111111111111111111111"},"beneficiary":{"mspId":"Org2MSP","key":"0x2222222222222222222222222222222222222222222222222222222222222222"},"expiresAtSec":{"#n":"1800000033"}},"ethereum":{"chainId":{"#n":"31337"},"escrow":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x0000000000000000000000000000000000000000","amount":{"#n":"7"},"owner":"0x2222222222222222222222222222222222222222","beneficiary":"0x1111111111111111111111111111111111111111","expiresAtSec":{"#n":"1800000025"}}},"profile":{"name":"development","fabric":{"commitSec":{"#n":"1"},"maxPastSec":{"#n":"3"},"maxFutureSec":{"#n":"1"},"gapSec":{"#n":"6"}},"ethereum":{"inclusionSec":{"#n":"2"},"finalitySec":{"#n":"3"},"reorgSpanSec":{"#n":"1"}},"party":{"observeSec":{"#n":"2"},"skewSec":{"#n":"1"},"thrownOut":{"#n":"1"},"resentByOthers":true}},"createdAtSec":{"#n":"5"},"accepted":true,"abandoned":false,"revealed":false,"startExpired":false,"legs":{"fabric":{},"ethereum":{}},"operations":{},"alarms":[]}',1,1,'planned','fabric-first','0xc3a04a4c8a5b134100587c738f66c36bc72e25afe07c0c61ffe7f90fdf0499be','1');
INSERT INTO "sessions" VALUES(2,'0x04cf1bd16a5aef84506012dcc492371d04819e30aa0c6ab1049edb6dd36c8e96','{"schema":1,"swapId":"0x04cf1bd16a5aef84506012dcc492371d04819e30aa0c6ab1049edb6dd36c8e96","role":"responder","terms":{"version":1,"direction":"ethereum-first","hashLock":"0x53067068d311c3410d4ecd5f136d3cac4f6f5e41e969ec36cd2263fc0935c03e","nonce":"0x0000000000000000000000000000000000000000000000000000000000000002","fabric":{"networkId":"0x7777777777777777777777777777777777777777777777777777777777777777","channel":"trade","chaincode":"midlock","assetKind":"fungible","assetId":"gold","amount":{"#n":"40"},"owner":{"mspId":"Org2MSP","key":"0x2222222222222222222222222222222222222222222222222222222222222222"},"beneficiary":{"mspId":"Org1MSP","key":"0x1111111111111111111111111111111111111111111111111111111111111111"},"expiresAtSec":{"#n":"1800000018"}},"ethereum":{"chainId":{"#n":"31337"},"escrow":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x0000000000000000000000000000000000000000","amount":{"#n":"7"},"owner":"0x1111111111111111111111111111111111111111","beneficiary":"0x2222222222222222222222222222222222222222","expiresAtSec":{"#n":"1800000039"}}},"profile":{"name":"development","fabric":{"commitSec":{"#n":"1"},"maxPastSec":{"#n":"3"},"maxFutureSec":{"#n":"1"},"gapSec":{"#n":"6"}},"ethereum":{"inclusionSec":{"#n":"2"},"finalitySec":{"#n":"3"},"reorgSpanSec":{"#n":"1"}},"party":{"observeSec":{"#n":"2"},"skewSec":{"#n":"1"},"thrownOut":{"#n":"1"},"resentByOthers":true}},"createdAtSec":{"#n":"5"},"accepted":true,"abandoned":false,"revealed":false,"startExpired":false,"legs":{"fabric":{},"ethereum":{}},"operations":{},"alarms":[]}',1,1,'planned','ethereum-first','0x53067068d311c3410d4ecd5f136d3cac4f6f5e41e969ec36cd2263fc0935c03e','1');
CREATE TABLE signed (
    n INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL REFERENCES effects (key) ON DELETE CASCADE,
    ledger TEXT NOT NULL, tx_id TEXT NOT NULL, bytes BLOB NOT NULL, account TEXT, nonce TEXT, epoch TEXT NOT NULL
  ) STRICT;
INSERT INTO "signed" VALUES(1,'0xe38ac5d43b9406905ff5fdeab4add23e5df6ad266807f154dcd6bec22717473b/ethereum/lock/1','ethereum','0x01',X'010201','0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','1','1');
INSERT INTO "signed" VALUES(2,'0x04cf1bd16a5aef84506012dcc492371d04819e30aa0c6ab1049edb6dd36c8e96/ethereum/lock/1','ethereum','0x02',X'010202','0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2','1');
CREATE INDEX sessions_open ON sessions (open, seq);
CREATE INDEX sessions_hash_lock ON sessions (hash_lock);
CREATE INDEX effects_urgent ON effects (urgent_by);
CREATE INDEX signed_key ON signed (key);
CREATE INDEX signed_tx ON signed (tx_id);
CREATE INDEX signed_lane ON signed (account, nonce);
CREATE INDEX journal_swap ON journal (swap_id, seq);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('sessions',2);
INSERT INTO "sqlite_sequence" VALUES('signed',2);
INSERT INTO "sqlite_sequence" VALUES('documents',1);
COMMIT;
PRAGMA user_version = 1;
