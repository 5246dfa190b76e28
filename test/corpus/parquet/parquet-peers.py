"""Parquet files between Valence and those that write and read them most: pyarrow, DuckDB, pandas, Polars and fastparquet.

    pip install pyarrow duckdb pandas polars fastparquet
    python test/corpus/parquet/parquet-peers.py make     # writes the files in test/corpus/parquet/files anew
    npm run build
    python test/corpus/parquet/parquet-peers.py check    # labels them by the lexicon mvp, and reads what comes out

"check" holds each column of what `valence label` wrote against the input's, with its type, by every peer, and the labels
against those of a CSV with the same texts. Files in every codec, page version and encoding are read too.
"""

import datetime
import decimal
import json
import os
import subprocess
import sys
import tempfile

import duckdb
import fastparquet
import pandas
import polars
import pyarrow
import pyarrow.parquet

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(HERE, "files")
VALENCE = os.path.join(HERE, "..", "..", "..", "dist", "cli", "main.js")
TEXTS = ["I love it", "Dull, dull", None, "Is it \u201cokay\u201d?", "A great film", "", "Terrible \U0001f600 plot"]
ROWS = 7


def every_type():
    utc = datetime.timezone.utc
    day = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456)
    thing = pyarrow.struct([("name", pyarrow.string()), ("sizes", pyarrow.list_(pyarrow.int32()))])
    columns = {
        "review": pyarrow.array(TEXTS),
        "id": pyarrow.array([2**62 + i for i in range(ROWS)], pyarrow.int64()),
        "small": pyarrow.array([-1, 0, 1, None, 127, -128, 5], pyarrow.int8()),
        "unsigned": pyarrow.array([2**64 - 1, 0, None, 1, 2, 3, 4], pyarrow.uint64()),
        "half": pyarrow.array([0.1, None, 2.5, float("inf"), -0.0, 1e30, 7], pyarrow.float32()),
        "real": pyarrow.array([0.1, None, 2.5, float("inf"), -0.0, 1e300, 7], pyarrow.float64()),
        "yes": pyarrow.array([True, False, None, True, True, False, False]),
        "price": pyarrow.array([decimal.Decimal(f"{i}.05") * (-1) ** i for i in range(ROWS)], pyarrow.decimal128(9, 2)),
        "huge": pyarrow.array([decimal.Decimal(10) ** 27 + i for i in range(ROWS)], pyarrow.decimal128(38, 3)),
        "day": pyarrow.array([day.date()] * (ROWS - 1) + [None]),
        "time": pyarrow.array([day.time()] * ROWS, pyarrow.time64("us")),
        "wall": pyarrow.array([day] * ROWS, pyarrow.timestamp("ms")),
        "at": pyarrow.array([day.replace(tzinfo=utc)] * ROWS, pyarrow.timestamp("us", "Europe/Berlin")),
        "exact": pyarrow.array([1709209815123456789 + i for i in range(ROWS)], pyarrow.timestamp("ns", "UTC")),
        "took": pyarrow.array([i * 1500 for i in range(ROWS)], pyarrow.duration("ms")),
        "bytes": pyarrow.array([b"\xff\x00", None, b"", b"a", b"b", b"c", b"d"], pyarrow.binary()),
        "fixed": pyarrow.array([b"0123"] * ROWS, pyarrow.binary(4)),
        "kind": pyarrow.array(["film", "book", "film", None, "book", "film", "film"]).dictionary_encode(),
        "tags": pyarrow.array([["a", "b"], [], None, [None], ["c"], ["d"], ["e", "f"]], pyarrow.list_(pyarrow.string())),
        "thing": pyarrow.array(
            [{"name": "x", "sizes": [1, 2]}, None, {"name": None, "sizes": []}, {"name": "y", "sizes": None}] * 2, thing
        ).slice(0, ROWS),
        "map": pyarrow.array(
            [[("k", 1)], [], None, [("a", 2), ("b", None)], [], [], []], pyarrow.map_(pyarrow.string(), pyarrow.int64())
        ),
    }
    return pyarrow.table(columns)


def plain_types(rows):
    return pandas.DataFrame(
        {
            "review": [TEXTS[i % ROWS] for i in range(rows)],
            "id": list(range(rows)),
            "at": pandas.date_range("2024-01-01", periods=rows, freq="s", tz="UTC"),
            "score": [i / 8 for i in range(rows)],
        }
    )


def make():
    os.makedirs(FILES, exist_ok=True)
    at = lambda name: os.path.join(FILES, name)
    write = pyarrow.parquet.write_table
    table = every_type()
    write(table, at("pyarrow-snappy.parquet"), row_group_size=3)
    write(table, at("pyarrow-zstd-v2.parquet"), compression="zstd", data_page_version="2.0", use_dictionary=False, row_group_size=4)
    plain = plain_types(40)
    plain.to_parquet(at("pandas-gzip.parquet"), compression="gzip")
    plain.to_parquet(at("pandas-int96.parquet"), compression=None, use_deprecated_int96_timestamps=True)
    duckdb.sql(f"COPY (SELECT * REPLACE (id::HUGEINT::DECIMAL(20,0) AS id) FROM plain) TO '{at('duckdb-zstd.parquet')}' (FORMAT parquet, CODEC zstd)")
    duckdb.sql(
        f"COPY (SELECT review, id, [id, NULL] AS list, {{'a': id, 'b': review}} AS struct, uuid() AS uuid,"
        f" '{{\"a\": 1}}'::JSON AS json FROM plain) TO '{at('duckdb-none.parquet')}' (FORMAT parquet, CODEC uncompressed)"
    )
    sizes = {name: os.path.getsize(at(name)) for name in sorted(os.listdir(FILES))}
    print(json.dumps(sizes, indent=1), sum(sizes.values()))


def valence(folder, *words):
    done = subprocess.run(["node", VALENCE, "label", *words, "--model", "mvp"], cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"valence label {' '.join(words)}: {done.stderr}")


def labels_of(folder, texts):
    lines = "".join(json.dumps({"review": text}) + "\n" for text in texts)
    with open(os.path.join(folder, "texts.jsonl"), "w") as file:
        file.write(lines)
    valence(folder, "texts.jsonl", "-o", "texts.labelled.jsonl", "--words", "--force")
    with open(os.path.join(folder, "texts.labelled.jsonl")) as file:
        return [json.loads(line)["label"] for line in file]


def require(what, is_so):
    if not is_so:
        raise SystemExit(f"FAILED: {what}")


def check_copy(folder, name):
    source, out = os.path.join(FILES, name), os.path.join(folder, f"out-{name}")
    valence(folder, source, "-o", out, "--words", "--tokens", "--truncated")
    before, after = pyarrow.parquet.read_table(source), pyarrow.parquet.read_table(out)
    kept = after.select(before.column_names)
    added = [column for column in after.column_names if column not in before.column_names]
    require(f"{name}: types of pyarrow\n{before.schema}\n{kept.schema}", kept.schema.equals(before.schema))
    require(f"{name}: values of pyarrow", repr(kept.to_pylist()) == repr(before.to_pylist()))
    label = added[0]
    texts = before.column("review").to_pylist()
    require(f"{name}: labels", after.column(label).to_pylist() == labels_of(folder, texts))
    names = ", ".join(f'"{column}"' for column in before.column_names)
    one, two = (duckdb.sql(f"SELECT {names} FROM '{path}'") for path in (source, out))
    require(f"{name}: types of DuckDB", one.types == two.types)
    require(f"{name}: values of DuckDB", repr(one.fetchall()) == repr(two.fetchall()))
    one, two = pandas.read_parquet(source), pandas.read_parquet(out)
    require(f"{name}: values of pandas", repr(one.values.tolist()) == repr(two[list(one.columns)].values.tolist()))
    require(f"{name}: row groups", pyarrow.parquet.read_metadata(source).num_row_groups == pyarrow.parquet.read_metadata(out).num_row_groups)
    print(f"{name}: {len(before.column_names)} columns as they were, and {', '.join(added)}")


def check_written(folder):
    rows = [{"review": text, "id": 2**62 + i, "price": i / 4, "yes": i % 2 == 0, "mixed": [1, {"a": i}]} for i, text in enumerate(TEXTS) if text is not None]
    with open(os.path.join(folder, "in.jsonl"), "w") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    valence(folder, "in.jsonl", "-o", "written.parquet", "--words")
    table = pyarrow.parquet.read_table(os.path.join(folder, "written.parquet"))
    for column in ("review", "id", "price", "yes"):
        require(f"written: {column}", table.column(column).to_pylist() == [row[column] for row in rows])
    require("written: mixed", [json.loads(value) for value in table.column("mixed").to_pylist()] == [row["mixed"] for row in rows])
    path = os.path.join(folder, "written.parquet")
    print("written.parquet, pyarrow:", ", ".join(f"{field.name} {field.type}" for field in table.schema))
    duck = duckdb.sql(f"SELECT * FROM '{path}'")
    print("written.parquet, DuckDB:", ", ".join(f"{name} {kind}" for name, kind in zip(duck.columns, duck.types)))
    require("written: DuckDB", [row[1] for row in duck.fetchall()] == [row["id"] for row in rows])
    require("written: pandas", list(pandas.read_parquet(path)["id"]) == [row["id"] for row in rows])


CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]


def variants():
    """Files in every codec, page version and encoding of several writers, by name, with what writes them."""
    rows = 700
    table = pyarrow.table(
        {
            "review": [TEXTS[i % ROWS] for i in range(rows)],
            "same": ["a long text of its own " * 3 + str(i % 5) for i in range(rows)],
            "none": pyarrow.array([None] * rows, pyarrow.string()),
            "id": list(range(rows)),
            "small": pyarrow.array([None if i % 3 == 0 else i % 100 for i in range(rows)], pyarrow.int32()),
            "real": [i / 8 for i in range(rows)],
            "yes": [[True, False, None][i % 3] for i in range(rows)],
            "tags": [[None, [], ["a", None, "b"], ["c"] * 9][i % 4] for i in range(rows)],
        }
    )
    write = pyarrow.parquet.write_table
    for codec in CODECS:
        for version in ("1.0", "2.0"):
            for dictionary in (True, False):
                how = {"compression": codec, "data_page_version": version, "use_dictionary": dictionary}
                more = {"row_group_size": 300, "data_page_size": 2000, "write_page_checksum": dictionary}
                yield f"pyarrow-{codec}-{version}-{dictionary}", lambda path, how={**how, **more}: write(table, path, **how)
    texts = {"review": "DELTA_BYTE_ARRAY", "same": "DELTA_LENGTH_BYTE_ARRAY", "none": "DELTA_BYTE_ARRAY"}
    numbers = {"id": "DELTA_BINARY_PACKED", "small": "DELTA_BINARY_PACKED", "real": "BYTE_STREAM_SPLIT", "yes": "RLE"}
    for version in ("1.0", "2.0"):
        how = {"use_dictionary": False, "column_encoding": {**texts, **numbers}, "data_page_version": version}
        yield f"pyarrow-deltas-{version}", lambda path, how=how: write(table, path, **how)
    for codec in ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"]:
        for version in ("V1", "V2"):
            how = f"(FORMAT parquet, CODEC {codec}, PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)"
            yield f"duckdb-{codec}-{version}", lambda path, how=how: duckdb.from_arrow(table).query("t", f"COPY t TO '{path}' {how}")
    for codec in ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4"]:
        how = {"compression": codec, "row_group_size": 300}
        yield f"polars-{codec}", lambda path, how=how: polars.from_arrow(table).write_parquet(path, **how)
    flat = table.select(["review", "same", "id", "real"]).to_pandas()
    for codec in ["UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "BROTLI"]:
        how = {"compression": codec, "row_group_offsets": 300, "object_encoding": "utf8"}
        yield f"fastparquet-{codec}", lambda path, how=how: fastparquet.write(path, flat, **how)


def check_variants(folder):
    names = []
    for name, write in variants():
        path = os.path.join(folder, f"{name}.parquet")
        write(path)
        before = pyarrow.parquet.read_table(path)
        valence(folder, path, "-o", f"{name}.jsonl", "--column", "review")
        with open(os.path.join(folder, f"{name}.jsonl")) as file:
            rows = [json.loads(line) for line in file]
        for column in before.column_names:
            require(f"{name}: {column}", [row[column] for row in rows] == before.column(column).to_pylist())
        names.append(name)
    print(f"{len(names)} files in all codecs, page versions and encodings: all values are read")


def check():
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(os.listdir(FILES)):
            check_copy(folder, name)
        check_written(folder)
        check_variants(folder)
    print("all as it should be")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1] if len(sys.argv) > 1 else "check"]()
