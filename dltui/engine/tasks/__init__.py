"""One file per task kind: a step's losses, a judgement, pictures. The contract is engine/task.py."""
