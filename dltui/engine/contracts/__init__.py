"""Contracts: what whoever adds a part to the engine reads first."""
