"""The model of :mod:`clusterscore.model.build` written out for the sampler: log-density and gradient as one program.

PyMC's model is what is read, drawn and changed. What PyTensor makes of it takes one to two minutes to compile for every
new set of observations; this program takes twenty seconds, once on each machine. Tests hold both to the same value.
Like the model it has a room for each part: ``top`` (priors at the top of the hierarchy), ``state``, ``figures`` and
``peers``. Each adds to the log-density, and to the derivatives of what it hangs on.
"""
