"""What a type checker sees of the package: each public name where it is defined."""

# A stub, because the package itself loads its names when they are first used.
from bench import envelopment as envelopment
from bench import errors as errors
from bench import lp as lp
from bench import modelfile as modelfile
from bench import norms as norms
from bench import options as options
from bench import reading as reading
from bench import report as report
from bench import stochastic as stochastic
from bench import stykkpris as stykkpris
from bench import units as units
from bench.envelopment.dea import dea as dea
from bench.errors import BenchError as BenchError
from bench.errors import CertificateError as CertificateError
from bench.errors import ConvergenceError as ConvergenceError
from bench.errors import DataError as DataError
from bench.errors import EstimationError as EstimationError
from bench.errors import InfeasibleError as InfeasibleError
from bench.errors import ModelError as ModelError
from bench.errors import OptionError as OptionError
from bench.errors import ResourceError as ResourceError
from bench.errors import SettlementError as SettlementError
from bench.errors import SolverError as SolverError
from bench.errors import WrongSkewError as WrongSkewError
from bench.modelfile import load_model as load_model
from bench.pipeline import advise as advise
from bench.pipeline import compare as compare
from bench.pipeline import run as run
from bench.pipeline import simulate as simulate
from bench.reading import read_units as read_units
from bench.stochastic import sfa as sfa
from bench.units import Units as Units

__version__: str
__all__: list[str]
