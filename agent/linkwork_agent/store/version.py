"""What a store's file says of itself: whose it is, and which shape it has."""

#: "LWAG" in ASCII: how a store is told from any other SQLite file.
APPLICATION_ID = 0x4C574147
SCHEMA_VERSION = 10
