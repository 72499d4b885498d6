"""What measures were taken on, as their pages say it."""
import os


def machine():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return f"{names[0]}, {len(os.sched_getaffinity(0))} cores"
