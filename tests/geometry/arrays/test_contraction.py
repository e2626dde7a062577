import tracemalloc
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from geometry.arrays import contract, contraction_plan
from geometry.errors import Degenerate, InvalidInput
from tests.naive import arrays as naive

LENGTHS = {"i": 3, "j": 4, "k": 2, "l": 3, "m": 5, "b": 2, "n": 2}
EXPRESSIONS = [
    "ij,jk->ik",
    "ij,jk",
    "ba",
    "ii",
    "ii->i",
    "iij,ij->ji",
    "ij->",
    "i,j->ji",
    "i,i->",
    "bij,bjk->bik",
    "ij,ij->ij",
    "im,jm,km->ijk",
    "im,jm,km,m->kij",
    "ij,jk,kl,lm->mi",
    "bm,im,jm->",
    "bi,bj,bk->bijk",
    "ij,k->i",
    "ab,bc,cd,de,ef,fa->",
    "B b, b -> B",
]


def operands(expression, dtype, seed=0):
    rng = np.random.default_rng(seed)
    names = expression.replace(" ", "").partition("->")[0].split(",")
    shapes = [[LENGTHS.get(letter, 2) for letter in name] for name in names]
    return [(rng.normal(size=shape) * 4).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_agrees_with_a_loop_for_every_letter(expression: str) -> None:
    for dtype in (np.float64, np.float32):
        arrays = operands(expression, dtype)
        found = contract(expression, *arrays)
        magnitude = np.array(naive.contract(expression, *map(abs, arrays)))
        assert found.dtype == dtype
        assert found.flags.c_contiguous
        # fewer than 100 terms of at most six factors in any of these sums
        error = abs(found - np.array(naive.contract(expression, *arrays)))
        assert (error <= magnitude * 106 * np.finfo(dtype).eps).all()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_whole_numbers_are_exact(expression: str) -> None:
    arrays = operands(expression, np.int8)
    found = contract(expression, *arrays)
    assert found.dtype == np.int64
    assert found.tolist() == naive.contract(expression, *arrays)


@pytest.mark.parametrize("expression", ["im,jm,km->ijk", "ij,jk->ik", "i,i->"])
def test_whole_numbers_beyond_what_floats_hold_are_exact_too(expression: str) -> None:
    arrays = [array.astype(np.int64) for array in operands(expression, np.int8)]
    arrays[0] = arrays[0] * 2**50 + 1
    found = contract(expression, *arrays)
    assert found.tolist() == naive.contract(expression, *arrays)


def test_products_of_three_in_whole_numbers_beyond_floats_need_no_large_array() -> None:
    rng = np.random.default_rng(1)
    a, b, c = (rng.integers(-(10**5), 10**5, (8, 600)) for _ in range(3))
    assert contraction_plan("im,jm,km->ijk", [a.shape] * 3, [a.dtype] * 3).steps == ("im,jm,km->ijk",)
    found = contract("im,jm,km->ijk", a, b, c)
    assert found[1, 2, 3] == sum(int(x) * int(y) * int(z) for x, y, z in zip(a[1], b[2], c[3], strict=True))


def test_whole_numbers_that_overflow_on_the_way_only_are_exact() -> None:
    large = np.array([2**62, 2**62])
    assert contract("i,j,k->", large, np.zeros(2, np.int64), large) == 0
    with pytest.raises(Degenerate, match=r"1\.84e\+19") as refused:
        contract("i,i->", large, np.array([1, 3]))
    assert refused.value.reason == "overflow"
    assert contract("i,i->", large, np.array([1, 3]), output_dtype="float64") == 2.0**64
    with pytest.raises(InvalidInput, match="beyond int64"):
        contract("i->", np.array([2**63], np.uint64))


@pytest.mark.parametrize("roles", list(permutations("ijk")))
@pytest.mark.parametrize("layout", ["{0}m,{1}m,{2}m->ijk", "m{0},m{1},{2}m->ijk", "{0}m,{1}m,m,{2}m->kji"])
def test_products_of_three_are_made_at_once_in_every_order(layout: str, roles) -> None:
    sizes = {"i": 9, "j": 10, "k": 11, "m": 512}
    expression = layout.format(*roles)
    rng = np.random.default_rng(2)
    inputs, output = expression.split("->")
    arrays = [rng.normal(size=[sizes[letter] for letter in name]) for name in inputs.split(",")]
    plan = contraction_plan(expression, [array.shape for array in arrays], [array.dtype for array in arrays])
    assert len(plan.steps[-1].split(",")) == 3
    found = contract(expression, *arrays)
    ordered = {
        name.replace("m", ""): array if name.endswith("m") else array.T
        for name, array in zip(inputs.split(","), arrays, strict=True)
    }
    weights = ordered.get("", 1)
    pairs = ((ordered["i"] * weights)[:, np.newaxis] * ordered["j"]).reshape(-1, 512)
    expected = (pairs @ ordered["k"].T).reshape(9, 10, 11).transpose(["ijk".index(letter) for letter in output])
    # 512 terms of magnitude below 5⁴, a rounding each
    np.testing.assert_allclose(found, expected, rtol=0, atol=512 * 5**4 * 2**-52)
    assert found.flags.c_contiguous


def test_letters_may_be_joined_into_rows() -> None:
    rng = np.random.default_rng(3)
    a, b, c = rng.normal(size=(2, 3, 128, 4)), rng.normal(size=(4, 12, 128)), rng.normal(size=(128, 10, 4))
    assert len(contraction_plan("pqmn,nrm,msn->prqs", [a.shape, b.shape, c.shape], ["f8"] * 3).steps) == 1
    found = contract("pqmn,nrm,msn->prqs", a, b, c)
    expected = np.tensordot(a[:, :, np.newaxis] * b.transpose(1, 2, 0), c, axes=([3, 4], [0, 2])).transpose(0, 2, 1, 3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=512 * 5**3 * 2**-52)  # 512 terms below 5³


@pytest.mark.jit
def test_the_product_of_three_matrices_of_the_question_needs_no_large_array() -> None:
    rng = np.random.default_rng(4)
    a, b, c = (rng.normal(size=(100, 3000)) for _ in range(3))
    plan = contraction_plan("im,jm,km->ijk", [a.shape] * 3, [a.dtype] * 3)
    assert plan.shape == (100, 100, 100)
    assert plan.flops >= 2 * 100**3 * 3000
    assert plan.scratch < 200e6  # the array of all products of two would take 240 MB
    tracemalloc.start()
    found = contract("im,jm,km", a, b, c)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < found.nbytes + 50e6
    for i, j, k in rng.integers(0, 100, (50, 3)):
        np.testing.assert_allclose(found[i, j, k], np.sum(a[i] * b[j] * c[k]), rtol=0, atol=3000 * 5**3 * 2**-52)


def test_the_vector_times_a_stack_of_matrices_of_the_question() -> None:
    stack = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]])
    assert contract("i,ijk->jk", [1, 2, 3], stack).tolist() == [[38, 44], [50, 56]]


def test_many_terms_for_few_sums_are_added_in_stretches(bands: int) -> None:
    rng = np.random.default_rng(5)
    a, b = rng.random((2, 200_000)).astype(np.float32), rng.random((3, 200_000)).astype(np.float32)
    found = contract("ik,jk->ij", a, b)
    exact = a.astype(np.float64) @ b.astype(np.float64).T
    np.testing.assert_allclose(found, exact, rtol=1e-5)  # stretches of 65 536 roundings that mostly cancel


@pytest.mark.parametrize("expression", ["bij,bjk->bik", "ij,jk->ik", "ij,kj->ik", "bi,bj->bij", "ij,j->ij"])
def test_bands_do_not_change_a_byte(bands: int, expression: str) -> None:
    from geometry.bands import band_count

    lengths = {"b": 40, "i": 600, "j": 70, "k": 80}
    rng = np.random.default_rng(6)
    arrays = [rng.normal(size=[lengths[letter] for letter in name]) for name in expression.split("->")[0].split(",")]
    found = contract(expression, *arrays)
    with band_count(1):
        assert contract(expression, *arrays).tobytes() == found.tobytes()


def test_the_cheapest_order_is_found() -> None:
    shapes = [(30, 3000), (3000, 5), (5, 7), (7, 9)]
    plan = contraction_plan("ij,jk,kl,lm->im", shapes, ["f8"] * 4)
    assert plan.steps == ("ij,jk->ik", "kl,lm->km", "ik,km->im")
    assert plan.flops < 1.1e6


def test_what_float32_and_whole_numbers_become() -> None:
    single, whole = np.ones((2, 2), np.float32), np.ones((2, 2), np.int16)
    assert contract("ij,jk", single, whole).dtype == np.float32
    assert contract("ij,jk", single, whole.astype(np.int64)).dtype == np.float64
    assert contract("ij,jk", whole, whole > 0).dtype == np.int64
    assert contract("ij,jk", whole, whole, output_dtype="float32").dtype == np.float32
    third = np.full((1, 3), 1 / 3, np.float32)
    exact = float(sum(Fraction(float(value)) ** 2 for value in third[0]))
    assert contract("ij,ij->", third, third, output_dtype="float64") == exact  # 24 + 24 bits fit 53


@pytest.mark.parametrize("expression", ["ij,jk->ik", "im,jm,km->ijk", "i,j->ij", "ij->j", "ij,ij->"])
def test_empty_axes_sum_to_zero(expression: str) -> None:
    inputs, output = expression.split("->")
    for empty in set(inputs) - {","}:
        arrays = [np.ones([0 if letter == empty else 2 for letter in name]) for name in inputs.split(",")]
        found = contract(expression, *arrays)
        assert found.shape == tuple(0 if letter == empty else 2 for letter in output)
        assert not found.any()


@pytest.mark.parametrize(
    ("argument", "words", "expression", "arrays"),
    [
        ("expression", "ellipsis", "...i,i", [np.ones((2, 2)), np.ones(2)]),
        ("expression", "';' at character 2", "ij;jk", [np.ones((2, 2)), np.ones((2, 2))]),
        ("expression", "one arrow", "ij->i->j", [np.ones((2, 2))]),
        ("expression", "one arrow", "ij-ij", [np.ones((2, 2))]),
        ("expression", "names 1 operands, there are 2", "ij", [np.ones((2, 2)), np.ones((2, 2))]),
        ("expression", "comma behind the arrow", "ij->i,j", [np.ones((2, 2))]),
        ("expression", "repeats 'i'", "ij->ii", [np.ones((2, 2))]),
        ("expression", "no operand has", "ij->ik", [np.ones((2, 2))]),
        ("expression", "longer", "i" * 300, [np.ones(2)]),
        ("expression", "the most", "i,i,i,i,i,i,i", [np.ones(2)] * 7),
        ("b", "has 1 axes, 'jk' names 2", "ij,jk", [np.ones((2, 2)), np.ones(2)]),
        ("b", "length 1 in 'j', which has length 2 in a", "ij,jk", [np.ones((2, 2)), np.ones((1, 3))]),
        ("a", "length 3 in 'i', which has length 2 in a", "ii", [np.ones((2, 3))]),
        ("b/1", "finite", "i,i", [np.ones(2), np.array([1, np.nan])]),
        ("a", "real numbers", "i", [np.ones(2, complex)]),
        ("a", "rectangular", "ij", [[[1, 2], [3]]]),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, words: str, expression: str, arrays) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        contract(expression, *arrays)
    assert refused.value.argument == argument


def test_what_takes_too_much_memory_is_refused_with_the_figure() -> None:
    a = np.ones((20, 30))
    with pytest.raises(InvalidInput, match="result of 3200 bytes, more than the 3000 allowed"):
        contract("im,jm->ij", a, a, memory_limit=3000)
    with pytest.raises(InvalidInput, match="intermediate array of 2880000 bytes, and no order keeps to the 1000000"):
        contraction_plan(
            "iab,jbc,kcd,lda->", [(1, 600, 600)] * 2 + [(640, 600, 600)] * 2, ["f8"] * 4, memory_limit=10**6
        )
    with pytest.raises(InvalidInput, match="output_dtype"):
        contract("im,jm->ij", a, a, output_dtype="int8")


def test_results_beyond_the_floats_are_degenerate() -> None:
    with pytest.raises(Degenerate, match="float32") as refused:
        contract("i,i->", np.full(2, 1e30, np.float32), np.full(2, 1e30, np.float32))
    assert refused.value.reason == "overflow"
