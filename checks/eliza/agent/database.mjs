/**
 * As much of the database port of core 1.7.2 as a conversation needs, in memory; the package brings none of its
 * own. A method that is missing fails as "not a function" by its name.
 */
export const memoryDatabase = (DatabaseAdapter) =>
  class MemoryDatabase extends DatabaseAdapter {
    db = {};
    #ready = false;
    #agents = new Map();
    #worlds = new Map();
    #rooms = new Map();
    #entities = new Map();
    #participants = new Map();
    #memories = new Map();
    #cache = new Map();

    async init() {
      this.#ready = true;
    }
    async initialize() {
      await this.init();
    }
    async isReady() {
      return this.#ready;
    }
    async close() {
      this.#ready = false;
    }
    async runPluginMigrations() {}
    async log() {}

    async getAgent(id) {
      return this.#agents.get(id) ?? null;
    }
    async createAgent(agent) {
      this.#agents.set(agent.id, agent);
      return true;
    }
    async updateAgent(id, agent) {
      this.#agents.set(id, { ...this.#agents.get(id), ...agent });
      return true;
    }

    async createWorld(world) {
      if (!this.#worlds.has(world.id)) this.#worlds.set(world.id, world);
      return world.id;
    }
    async getWorld(id) {
      return this.#worlds.get(id) ?? null;
    }

    async createRooms(rooms) {
      for (const room of rooms) if (!this.#rooms.has(room.id)) this.#rooms.set(room.id, room);
      return rooms.map((room) => room.id);
    }
    async getRoomsByIds(ids) {
      return ids.flatMap((id) => this.#rooms.get(id) ?? []);
    }

    async updateRoom(room) {
      this.#rooms.set(room.id, { ...this.#rooms.get(room.id), ...room });
    }

    async createEntities(entities) {
      for (const entity of entities) this.#entities.set(entity.id, entity);
      return true;
    }
    async updateEntity(entity) {
      this.#entities.set(entity.id, { ...this.#entities.get(entity.id), ...entity });
    }
    async getEntitiesByIds(ids) {
      return ids.flatMap((id) => this.#entities.get(id) ?? []);
    }

    async addParticipantsRoom(entityIds, roomId) {
      this.#participants.set(roomId, [...new Set([...(this.#participants.get(roomId) ?? []), ...entityIds])]);
      return true;
    }
    async getRoomsForParticipant(entityId) {
      return [...this.#participants].filter(([, ids]) => ids.includes(entityId)).map(([room]) => room);
    }
    async getParticipantsForRoom(roomId) {
      return this.#participants.get(roomId) ?? [];
    }
    async getParticipantUserState() {
      return null;
    }

    async createMemory(memory, tableName) {
      const id = memory.id ?? crypto.randomUUID();
      if (!this.#memories.has(id)) this.#memories.set(id, { ...memory, id, tableName });
      return id;
    }
    async getMemoryById(id) {
      return this.#memories.get(id) ?? null;
    }
    async getMemories({ tableName, roomId, count = 50 }) {
      const found = [...this.#memories.values()].filter(
        (m) => m.tableName === tableName && m.roomId === roomId,
      );
      return found.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0)).slice(0, count);
    }
    async updateMemory(memory) {
      this.#memories.set(memory.id, { ...this.#memories.get(memory.id), ...memory });
      return true;
    }

    async deleteMemory(id) {
      this.#memories.delete(id);
    }

    async getCache(key) {
      return this.#cache.get(key);
    }
    async setCache(key, value) {
      this.#cache.set(key, value);
      return true;
    }
  };
