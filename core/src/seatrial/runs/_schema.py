"""The tables of a run's database, and the number that changes with them."""

from __future__ import annotations

__all__ = ["SCHEMA", "TABLES"]

SCHEMA = 4

TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cases (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL, content BLOB NOT NULL, input TEXT NOT NULL,
    target TEXT NOT NULL, groups TEXT NOT NULL, cluster TEXT) STRICT;
CREATE TABLE IF NOT EXISTS plan (
    position INTEGER PRIMARY KEY, key BLOB NOT NULL, use INTEGER NOT NULL,
    severity INTEGER NOT NULL, replicate INTEGER NOT NULL, case_position INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS records (
    key BLOB PRIMARY KEY, seed INTEGER, status INTEGER NOT NULL, refused INTEGER, answer INTEGER,
    prediction TEXT, scores TEXT NOT NULL, error TEXT, distance REAL, unchanged INTEGER NOT NULL,
    target TEXT, seen TEXT, queries INTEGER, attempts INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS looks (
    run TEXT NOT NULL, id TEXT NOT NULL, look INTEGER NOT NULL, planned INTEGER NOT NULL,
    PRIMARY KEY (run, id)) STRICT, WITHOUT ROWID;
"""
