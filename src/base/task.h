// A coroutine that another coroutine awaits, or that the program starts and lets run.
//
// Single-threaded by design: the engine has no threads of its own, and everything asynchronous comes back on the thread
// that started it.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdlib>
#include <exception>
#include <optional>
#include <span>
#include <utility>

namespace shapslice {

template <class T>
class [[nodiscard]] Task {
  public:
    struct promise_type {
        std::optional<T> value;
        std::exception_ptr thrown;
        std::coroutine_handle<> continuation;

        Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct Resume {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
                const auto next = done.promise().continuation;
                return next ? next : std::noop_coroutine();
            }
            void await_resume() noexcept {}
        };
        Resume final_suspend() noexcept { return {}; }
        void return_value(T result) { value = std::move(result); }
        // Errors are values in this program; an exception here is memory running out, or a defect. Whoever awaits the
        // task hears of it.
        void unhandled_exception() {
            thrown = std::current_exception();
            if (!thrown) std::abort();  // JavaScript's, which C++ cannot carry
        }
    };

    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            if (handle_) handle_.destroy();
            handle_ = std::exchange(other.handle_, {});
        }
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    // Starts a task that nobody awaits. It must be kept alive until done().
    void start() { handle_.resume(); }
    // Who goes on when it is done; nobody: {}.
    void then(std::coroutine_handle<> continuation) { handle_.promise().continuation = continuation; }
    bool done() const { return !handle_ || handle_.done(); }
    // The result of a done() task, or what it threw.
    const T& result() const {
        if (handle_.promise().thrown) std::rethrow_exception(handle_.promise().thrown);
        return *handle_.promise().value;
    }
    T take() {
        if (handle_.promise().thrown) std::rethrow_exception(handle_.promise().thrown);
        return std::move(*handle_.promise().value);
    }

    auto operator co_await() && {
        struct Awaiter {
            std::coroutine_handle<promise_type> task;
            bool await_ready() { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
                task.promise().continuation = waiting;
                return task;
            }
            T await_resume() {
                if (task.promise().thrown) std::rethrow_exception(std::exchange(task.promise().thrown, nullptr));
                return std::move(*task.promise().value);
            }
        };
        return Awaiter{handle_};
    }

  private:
    std::coroutine_handle<promise_type> handle_;
};

// co_await any_done(elements, &Element::task): until one of several tasks is done. They were started, and nobody else
// awaits them.
template <class Element, class T>
class AnyDone {
  public:
    AnyDone(std::span<Element> elements, Task<T> Element::* task) : elements_(elements), task_(task) {}
    bool await_ready() const {
        return std::any_of(elements_.begin(), elements_.end(),
                           [&](const Element& each) { return (each.*task_).done(); });
    }
    void await_suspend(std::coroutine_handle<> waiting) {
        for (Element& each : elements_) (each.*task_).then(waiting);
    }
    void await_resume() {
        for (Element& each : elements_) (each.*task_).then({});
    }

  private:
    std::span<Element> elements_;
    Task<T> Element::* task_;
};

template <class Element, class T>
AnyDone<Element, T> any_done(std::span<Element> elements, Task<T> Element::* task) {
    return {elements, task};
}

}  // namespace shapslice
