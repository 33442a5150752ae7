# SPDX-License-Identifier: BSL-1.0
#
# Compiles a test of the explorer for another processor, or with other fibers, and runs it, if need
# be in an emulator: the switch of stacks is assembly (verify/explore/fiber.hpp).
#
#   COMPILER  the compiler     TEST   a file name in tests/explore     FLAGS  more for the compiler
#   EMULATOR  runs the program; may be empty     ROOT  the source tree     WORK  a folder of its own

cmake_minimum_required(VERSION 3.25)

file(MAKE_DIRECTORY "${WORK}")
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
execute_process(COMMAND "${COMPILER}" -std=c++20 -O1 -pthread ${flags} "-I${ROOT}/include"
    "-I${ROOT}/tests" "-DRMAP_TEST_SOURCE=\"${ROOT}\"" "${ROOT}/tests/explore/${TEST}"
    -o "${WORK}/program" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${EMULATOR} "${WORK}/program" WORKING_DIRECTORY "${ROOT}"
    COMMAND_ERROR_IS_FATAL ANY)
