'use strict';
// A chaincode as tutorials have it: assets with owners. Knows nothing of where it runs.
const { Contract } = require('fabric-contract-api');

class Assets extends Contract {
  async InitLedger(ctx) {
    const first = [
      { ID: 'asset1', Color: 'blue', Size: 5, Owner: 'Tomoko', AppraisedValue: 300 },
      { ID: 'asset2', Color: 'red', Size: 5, Owner: 'Brad', AppraisedValue: 400 },
      { ID: 'asset3', Color: 'green', Size: 10, Owner: 'Jin Soo', AppraisedValue: 500 },
    ];
    for (const asset of first) await this.write(ctx, asset);
  }

  async CreateAsset(ctx, id, color, size, owner, value) {
    if (await this.AssetExists(ctx, id)) throw new Error(`The asset ${id} already exists`);
    const asset = { ID: id, Color: color, Size: Number(size), Owner: owner };
    await this.write(ctx, { ...asset, AppraisedValue: Number(value) });
    ctx.stub.setEvent('CreateAsset', Buffer.from(JSON.stringify(asset)));
  }

  async ReadAsset(ctx, id) {
    const bytes = await ctx.stub.getState(id);
    if (bytes.length === 0) throw new Error(`The asset ${id} does not exist`);
    return bytes.toString();
  }

  async UpdateAsset(ctx, id, color, size, owner, value) {
    if (!(await this.AssetExists(ctx, id))) throw new Error(`The asset ${id} does not exist`);
    await this.write(ctx, {
      ...{ ID: id, Color: color, Size: Number(size), Owner: owner },
      AppraisedValue: Number(value),
    });
  }

  async DeleteAsset(ctx, id) {
    if (!(await this.AssetExists(ctx, id))) throw new Error(`The asset ${id} does not exist`);
    await ctx.stub.deleteState(id);
    ctx.stub.setEvent('DeleteAsset', Buffer.from(id));
  }

  async AssetExists(ctx, id) {
    return (await ctx.stub.getState(id)).length > 0;
  }

  async TransferAsset(ctx, id, newOwner) {
    const asset = JSON.parse(await this.ReadAsset(ctx, id));
    const oldOwner = asset.Owner;
    asset.Owner = newOwner;
    await this.write(ctx, asset);
    ctx.stub.setEvent('TransferAsset', Buffer.from(JSON.stringify(asset)));
    return oldOwner;
  }

  async GetAllAssets(ctx) {
    const assets = [];
    for await (const { value } of ctx.stub.getStateByRange('', '')) {
      assets.push(JSON.parse(Buffer.from(value).toString('utf8')));
    }
    return JSON.stringify(assets);
  }

  async write(ctx, asset) {
    const sorted = Object.fromEntries(Object.entries(asset).sort(([a], [b]) => (a < b ? -1 : 1)));
    await ctx.stub.putState(asset.ID, Buffer.from(JSON.stringify(sorted)));
  }
}

module.exports.contracts = [Assets];
